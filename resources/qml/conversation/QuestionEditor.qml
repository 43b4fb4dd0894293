import QtQuick
import "../components"
import "../theme"

// Edits one question: Ctrl+Return saves and sends it, Esc leaves it as it was.
Column {
    id: editor

    property alias text: box.text

    signal accepted(string text)
    signal cancelled

    padding: Theme.unit
    spacing: Theme.unit
    Component.onCompleted: {
        box.input.forceActiveFocus();
        box.input.cursorPosition = box.input.length;
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
        input.font.pixelSize: Theme.bodySize

        Keys.onEscapePressed: editor.cancelled()
        Keys.onPressed: event => {
            const enter = event.key === Qt.Key_Return || event.key === Qt.Key_Enter;
            if (enter && event.modifiers & Qt.ControlModifier)
                editor.accept();
            event.accepted = enter && event.modifiers & Qt.ControlModifier;
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
