pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import QtQuick.Layouts
import "../theme"
import "../components"

// What stands in an empty conversation: at the very first run what Famulus is and which model answers,
// later one calm line. It scrolls where the window is too low for it.
Flickable {
    id: welcome

    required property var app
    readonly property bool firstRun: app.firstRun

    objectName: "welcome"
    contentHeight: Math.max(height, column.implicitHeight + 2 * Theme.gutter)
    boundsBehavior: Flickable.StopAtBounds
    clip: true
    ScrollBar.vertical: ScrollHandle {}

    ColumnLayout {
        id: column

        anchors.centerIn: parent
        width: Math.min(welcome.width - 2 * Theme.margin, 600 * Theme.textScale)
        spacing: 0

        ThemedText {
            Layout.fillWidth: true
            text: welcome.firstRun ? qsTr("Welcome to Famulus") : qsTr("What is on your mind?")
            wrapMode: Text.Wrap
            horizontalAlignment: welcome.firstRun ? Text.AlignLeft : Text.AlignHCenter
            font.pixelSize: Theme.titleSize
            font.weight: Font.Medium
            Accessible.role: Accessible.Heading
        }
        Loader {
            Layout.fillWidth: true
            active: welcome.firstRun
            visible: active
            sourceComponent: FirstRun { app: welcome.app }
        }
    }
}
