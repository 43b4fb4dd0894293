import QtQuick

// The menu of a text under the right mouse button.
//
// editor: a TextEdit, TextArea or TextField; of one that is read only it offers just what reading needs.
ActionMenu {
    id: textMenu

    required property var editor

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
