import QtQuick
import "../components"

// The menu of a text under the right mouse button.
//
// editor: a TextEdit or TextArea; of one that is read only it offers just what reading needs.
ActionMenu {
    id: textMenu

    required property TextEdit editor

    MenuEntry {
        visible: !textMenu.editor.readOnly
        text: qsTr("Cut")
        enabled: textMenu.editor.selectedText !== ""
        onTriggered: textMenu.editor.cut()
    }
    MenuEntry {
        text: qsTr("Copy")
        enabled: textMenu.editor.selectedText !== ""
        onTriggered: textMenu.editor.copy()
    }
    MenuEntry {
        visible: !textMenu.editor.readOnly
        text: qsTr("Paste")
        enabled: textMenu.editor.canPaste
        onTriggered: textMenu.editor.paste()
    }
    MenuEntry {
        text: qsTr("Select all")
        enabled: textMenu.editor.length > 0
        onTriggered: textMenu.editor.selectAll()
    }
}
