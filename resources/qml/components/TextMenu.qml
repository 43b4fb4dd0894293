import QtQuick

// The menu of a text under the right mouse button.
//
// editor: a TextEdit, TextArea or TextField; of one that is read only it offers just what reading needs.
// pictures: a ConversationViewModel that takes pasted pictures; null where they cannot be pasted.
ActionMenu {
    id: textMenu

    required property var editor
    property var pictures: null
    property bool pictureCopied: false

    onAboutToShow: pictureCopied = pictures?.canPastePictures() ?? false

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
        enabled: textMenu.editor.canPaste || textMenu.pictureCopied
        onTriggered: {
            if (textMenu.pictureCopied)
                textMenu.pictures.pastePictures();
            else
                textMenu.editor.paste();
        }
    }
    MenuEntry {
        text: qsTr("Select all")
        enabled: textMenu.editor.length > 0
        onTriggered: textMenu.editor.selectAll()
    }
}
