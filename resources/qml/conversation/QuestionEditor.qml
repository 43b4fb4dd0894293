import QtQuick
import "../components"
import "../theme"

// Edits one question: Ctrl+Return saves and sends it, Esc leaves it as it was.
//
// text; cursor: where it stands in the text at first. changed: either was, by the person.
Column {
    id: editor

    property alias text: box.text
    required property int cursor
    property bool ready: false

    signal changed(string text, int cursor)
    signal accepted(string text)
    signal cancelled

    padding: Theme.unit
    spacing: Theme.unit
    Component.onCompleted: {
        box.input.cursorPosition = cursor;
        ready = true;
    }

    function tellChange(): void {
        if (ready)
            changed(box.text, box.input.cursorPosition);
    }

    function accept(): void {
        if (box.text.trim() !== "")
            accepted(box.text);
    }

    TextBox {
        id: box

        width: parent.width - 2 * Theme.unit
        minimumLines: 1
        maximumLines: 14
        label: qsTr("Edit the question")
        focus: true
        input.focus: true
        input.font.pixelSize: Theme.bodySize
        onTextChanged: editor.tellChange()

        Keys.onEscapePressed: editor.cancelled()
        Keys.onPressed: event => {
            const enter = event.key === Qt.Key_Return || event.key === Qt.Key_Enter;
            if (enter && event.modifiers & Qt.ControlModifier)
                editor.accept();
            event.accepted = enter && event.modifiers & Qt.ControlModifier;
        }

        Connections {
            target: box.input

            function onCursorPositionChanged(): void {
                editor.tellChange();
            }
        }
    }

    Row {
        anchors.right: parent.right
        anchors.rightMargin: Theme.unit
        spacing: Theme.unit

        TextButton {
            text: qsTr("Cancel")
            keys: qsTr("Esc")
            onClicked: editor.cancelled()
        }

        PrimaryButton {
            text: qsTr("Save & send")
            enabled: box.text.trim() !== ""
            onClicked: editor.accept()
        }
    }
}
