pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Dialogs
import "../components"

// Chooses picture files for the next question.
//
// conversation: a ConversationViewModel. done: the dialog is closed.
IconButton {
    id: button

    required property var conversation

    signal done

    objectName: "pictureButton"
    glyph: "picture"
    text: qsTr("Add pictures")
    onClicked: dialogLoader.active = true

    Loader {
        id: dialogLoader

        active: false
        onLoaded: (item as FileDialog)?.open()
        sourceComponent: FileDialog {
            title: qsTr("Add pictures")
            fileMode: FileDialog.OpenFiles
            nameFilters: [qsTr("Pictures (%1)").arg("*.png *.jpg *.jpeg *.webp *.gif *.bmp"), qsTr("All files (*)")]
            onAccepted: {
                button.conversation.addFiles(selectedFiles);
                dialogLoader.active = false;
                button.done();
            }
            onRejected: {
                dialogLoader.active = false;
                button.done();
            }
        }
    }
}
