pragma ComponentBehavior: Bound

import QtQuick
import "../components"
import "../theme"

// Edits one question: Ctrl+Return saves and sends it, Esc leaves it as it was.
//
// text; cursor: where it stands in the text at first. changed: either was, by the person. turn: the question's row.
Column {
    id: editor

    required property var turn
    property alias text: box.text
    required property int cursor
    property bool ready: false
    property var dropped: turn.conversation.edits.dropped(turn.messageId)
    readonly property bool blank: box.text.trim() === "" && dropped.length === turn.pictures.length

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
        if (!blank)
            accepted(box.text);
    }

    function drop(position: int): void {
        turn.conversation.edits.drop(turn.messageId, position);
        dropped = turn.conversation.edits.dropped(turn.messageId);
        box.input.forceActiveFocus();
    }

    Flow {
        width: parent.width - 2 * Theme.unit
        visible: editor.dropped.length < editor.turn.pictures.length
        topPadding: Theme.half
        bottomPadding: Theme.half
        spacing: Theme.unit + Theme.half
        Accessible.role: Accessible.List
        Accessible.name: qsTr("Pictures")

        Repeater {
            model: editor.turn.pictures.length

            RemovableThumbnail {
                required property int index
                readonly property var shown: editor.turn.pictures[index] ?? ({ sha256: "", name: "", isImage: false, width: 0, height: 0 })

                visible: !editor.dropped.includes(index)
                pictures: editor.turn.conversation.pictures
                sha256: shown.sha256
                name: shown.name
                isImage: shown.isImage
                pictureWidth: shown.width
                pictureHeight: shown.height
                ground: Theme.sunken
                onRemoveRequested: editor.drop(index)
            }
        }
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
            enabled: !editor.blank
            onClicked: editor.accept()
        }
    }
}
