pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Dialogs

// "Choose a model file": opens the file dialog and hands the chosen file to the model.
//
// model: a ModelViewModel.
TextButton {
    id: button

    required property var model

    objectName: "chooseModelButton"
    outlined: true
    glyph: "folder"
    text: qsTr("Choose a model file")
    onClicked: dialogLoader.active = true

    Loader {
        id: dialogLoader

        active: false
        onLoaded: (item as FileDialog)?.open()
        sourceComponent: FileDialog {
            title: qsTr("Choose a model file")
            nameFilters: [qsTr("Models (*.gguf)")]
            onAccepted: {
                button.model.chooseFile(selectedFile);
                dialogLoader.active = false;
            }
            onRejected: dialogLoader.active = false
        }
    }
}
