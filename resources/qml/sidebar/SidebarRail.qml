import QtQuick
import QtQuick.Layouts
import "../theme"
import "../components"

// What is left of the sidebar while it is hidden: its buttons, one below the other.
Item {
    id: rail

    required property var app

    signal expandRequested
    signal searchRequested

    implicitWidth: 48

    ColumnLayout {
        anchors.fill: parent
        anchors.margins: Theme.unit
        spacing: Theme.half

        IconButton {
            objectName: "expandButton"
            glyph: "sidebar"
            text: qsTr("Show sidebar")
            keys: "Ctrl+B"
            onClicked: rail.expandRequested()
        }
        IconButton {
            glyph: "plus"
            text: qsTr("New chat")
            keys: "Ctrl+N"
            onClicked: rail.app.newChat()
        }
        IconButton {
            glyph: "search"
            text: qsTr("Search")
            keys: "Ctrl+K"
            onClicked: rail.searchRequested()
        }
        Item { Layout.fillHeight: true }
        IconButton {
            glyph: "settings"
            text: qsTr("Settings")
            keys: "Ctrl+,"
            checked: rail.app.page === "settings"
            onClicked: rail.app.page = checked ? "chat" : "settings"
        }
    }
    Rectangle {
        anchors.right: parent.right
        width: 1
        height: parent.height
        color: Theme.hairline
    }
}
