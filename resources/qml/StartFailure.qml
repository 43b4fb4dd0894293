import QtQuick
import QtQuick.Controls.Basic
import "theme"
import "components"

// The only window where Famulus cannot start: what is wrong, what helps, and Close.
ApplicationWindow {
    id: window

    required property string sentence
    required property string remedy
    property bool dark: Application.styleHints.colorScheme === Qt.Dark // the settings cannot be read here

    width: 520
    height: column.implicitHeight + 2 * Theme.margin
    visible: true
    title: qsTr("Famulus cannot start")
    color: Theme.page

    Binding {
        target: Theme
        property: "dark"
        value: window.dark
    }

    Column {
        id: column

        x: Theme.margin
        y: Theme.margin
        width: parent.width - 2 * Theme.margin
        spacing: Theme.gutter

        ThemedText {
            width: parent.width
            text: window.sentence
            wrapMode: Text.Wrap
            lineHeight: 1.25
            font.weight: Font.DemiBold
        }
        ThemedText {
            width: parent.width
            visible: window.remedy !== ""
            text: window.remedy
            wrapMode: Text.Wrap
            lineHeight: 1.25
            color: Theme.secondary
        }
        PrimaryButton {
            anchors.right: parent.right
            text: qsTr("Close")
            focus: true
            onClicked: window.close()
        }
    }
}
