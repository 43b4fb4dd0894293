import QtQuick
import QtQuick.Controls.Basic
import "../components"
import "../theme"

// The words of a question, selectable. A long one shows its beginning until it is unfolded.
Column {
    id: question

    required property string text
    property bool unfolded: false
    readonly property string opening: text.slice(0, 1600).split("\n", 16).join("\n")
    readonly property bool foldable: opening.length < text.length

    signal foldToggled

    // Rich text only for the line height, which plain text cannot have; nothing in it is read as markup.
    function spaced(words: string): string {
        const escaped = words.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
        const line = Math.round(Theme.lineHeight * Theme.bodySize);
        return `<p style="margin: 0; white-space: pre-wrap; line-height: ${line}px; -qt-line-height-type: minimum">${escaped}</p>`;
    }

    topPadding: Theme.unit
    bottomPadding: foldable ? Theme.unit : Theme.unit + Theme.half

    TextEdit {
        id: words

        width: parent.width
        leftPadding: Theme.gutter
        rightPadding: Theme.gutter
        text: question.spaced(question.foldable && !question.unfolded ? question.opening + " …" : question.text)
        textFormat: TextEdit.RichText
        wrapMode: TextEdit.Wrap
        readOnly: true
        selectByMouse: true
        color: Theme.text
        font.pixelSize: Theme.bodySize
        selectionColor: Theme.selection
        selectedTextColor: Theme.text
        Accessible.name: qsTr("You")
        ContextMenu.menu: TextMenu {
            editor: words
        }

        HoverHandler {
            cursorShape: Qt.IBeamCursor
        }
    }

    TextButton {
        x: Theme.unit
        visible: question.foldable
        compact: true
        tone: "accent"
        text: question.unfolded ? qsTr("Show less") : qsTr("Show all")
        onClicked: {
            question.foldToggled();
            question.unfolded = !question.unfolded;
        }
    }
}
