import QtCore
import QtQml
import QtQuick.Dialogs

// Asks where to write a conversation.
//
// format: "markdown" or "json".
FileDialog {
    id: dialog

    required property var app
    required property string conversationId
    required property string conversationTitle
    required property string format
    readonly property string suffix: format === "json" ? "json" : "md"

    signal closed

    // A title may hold characters that no file system takes.
    function fileName(): string {
        const name = conversationTitle.replace(/[\u0000-\u0020\\/:*?"<>|]+/g, " ").slice(0, 80).trim();
        return encodeURIComponent((name === "" ? "conversation" : name) + "." + suffix);
    }

    title: qsTr("Export conversation")
    fileMode: FileDialog.SaveFile
    defaultSuffix: suffix
    nameFilters: [format === "json" ? qsTr("JSON (*.json)") : qsTr("Markdown (*.md)")]
    currentFolder: StandardPaths.writableLocation(StandardPaths.HomeLocation)
    selectedFile: StandardPaths.writableLocation(StandardPaths.HomeLocation) + "/" + fileName()
    onAccepted: {
        app.sidebar.exportConversation(conversationId, selectedFile, format);
        closed();
    }
    onRejected: closed()
    Component.onCompleted: open()
}
