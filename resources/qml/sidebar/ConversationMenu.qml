import QtQuick
import "../components"

// What can be done with one conversation of the list.
ActionMenu {
    id: conversationMenu

    property string conversationId: ""
    property string conversationTitle: ""

    signal renameRequested
    signal exportRequested(string format)
    signal removeRequested

    MenuEntry {
        text: qsTr("Rename")
        glyph: "edit"
        keys: "F2"
        onTriggered: conversationMenu.renameRequested()
    }
    MenuEntry {
        text: qsTr("Export as Markdown…")
        glyph: "export"
        onTriggered: conversationMenu.exportRequested("markdown")
    }
    MenuEntry {
        text: qsTr("Export as JSON…")
        glyph: "export"
        onTriggered: conversationMenu.exportRequested("json")
    }
    MenuRule {}
    MenuEntry {
        text: qsTr("Delete")
        glyph: "trash"
        keys: qsTr("Del", "the key")
        danger: true
        onTriggered: conversationMenu.removeRequested()
    }
}
