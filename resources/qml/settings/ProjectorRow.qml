pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Dialogs
import "../components"

// The projector that goes with the model: the one beside it, or a file that is chosen here.
//
// settings: a SettingsViewModel. model: a ModelViewModel.
SettingRow {
    id: row

    required property var settings
    required property var model
    property var field: find()

    function find(): var {
        return settings.fields("model").find(field => field.key === "model.mmproj");
    }

    title: field.title
    description: field.isDefault ? field.description : field.value
    error: field.error
    isDefault: field.isDefault
    onResetRequested: settings.resetValue(field.key)

    Connections {
        target: row.settings

        function onFieldsChanged(section: string): void {
            if (section === "model")
                row.field = row.find();
        }
    }

    TextButton {
        objectName: "chooseProjectorButton"
        outlined: true
        glyph: "folder"
        text: qsTr("Choose a projector file")
        onClicked: dialogLoader.active = true
    }

    Loader {
        id: dialogLoader

        active: false
        onLoaded: (item as FileDialog)?.open()
        sourceComponent: FileDialog {
            title: qsTr("Choose a projector file")
            nameFilters: [qsTr("Models (*.gguf)")]
            onAccepted: {
                row.model.chooseProjector(selectedFile);
                dialogLoader.active = false;
            }
            onRejected: dialogLoader.active = false
        }
    }
}
