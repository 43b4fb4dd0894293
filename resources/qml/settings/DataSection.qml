import QtQuick
import "../theme"
import "../components"

// Where everything is kept, and what this program is.
Column {
    id: section

    required property var app

    SectionHeading {
        title: qsTr("Data")
        note: qsTr("Everything stays in one folder on this computer.")
    }
    SettingRow {
        title: qsTr("Data folder")
        description: section.app.settings.dataFolder

        TextButton {
            outlined: true
            glyph: "folder"
            text: qsTr("Open")
            Accessible.name: qsTr("Open data folder")
            onClicked: section.app.openDataFolder()
        }
    }
    FieldList {
        settings: section.app.settings
        sections: ["snapshots"]
        ruled: true
    }
    SettingRow {
        title: qsTr("Version")

        ThemedText {
            text: section.app.version
            font.pixelSize: Theme.controlSize
            color: Theme.secondary
        }
    }
    SettingRow {
        title: qsTr("Licence")
        last: true

        ThemedText {
            text: "Apache-2.0"
            font.pixelSize: Theme.controlSize
            color: Theme.secondary
        }
    }
}
