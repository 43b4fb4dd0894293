import QtQuick
import QtQuick.Layouts
import "../theme"
import "../components"

// New chat, search, the conversations, settings.
Rectangle {
    id: sidebar

    required property var app

    signal collapseRequested
    signal exportRequested(string conversationId, string title, string format)
    // The person goes somewhere, which is about to show: a drawer closes itself.
    signal departed

    function focusSearch(): void {
        searchField.forceActiveFocus(Qt.ShortcutFocusReason);
        searchField.selectAll();
    }

    function focusList(): void {
        (app.sidebar.searching ? results : conversations).forceActiveFocus(Qt.TabFocusReason);
    }

    color: Theme.page
    Accessible.role: Accessible.Pane
    Accessible.name: qsTr("Sidebar")

    ColumnLayout {
        anchors.fill: parent
        spacing: 0

        RowLayout {
            Layout.fillWidth: true
            Layout.margins: Theme.unit
            Layout.leftMargin: 18
            spacing: 0

            ThemedText {
                Layout.fillWidth: true
                text: "Famulus"
                font.weight: Font.DemiBold
                Accessible.ignored: true
            }
            IconButton {
                objectName: "collapseButton"
                glyph: "sidebar"
                text: qsTr("Hide sidebar")
                keys: "Ctrl+B"
                onClicked: sidebar.collapseRequested()
            }
        }
        NavButton {
            objectName: "newChatButton"
            Layout.fillWidth: true
            Layout.leftMargin: Theme.unit
            Layout.rightMargin: Theme.unit
            glyph: "plus"
            text: qsTr("New chat")
            keys: "Ctrl+N"
            onClicked: {
                sidebar.departed();
                sidebar.app.newChat();
            }
        }
        InputField {
            id: searchField

            objectName: "searchField"
            Layout.fillWidth: true
            Layout.margins: Theme.unit
            quiet: true
            clearable: true
            glyph: "search"
            placeholderText: qsTr("Search")
            text: sidebar.app.sidebar.searchText
            onTextEdited: sidebar.app.sidebar.searchText = text
            onCleared: sidebar.app.sidebar.searchText = ""
            Keys.onDownPressed: sidebar.focusList()
            onAccepted: results.openFirst()
        }
        ConversationList {
            id: conversations

            Layout.fillWidth: true
            Layout.fillHeight: true
            visible: !sidebar.app.sidebar.searching
            viewModel: sidebar.app.sidebar
            onOpened: conversationId => {
                sidebar.departed();
                sidebar.app.openConversation(conversationId);
            }
            onExportRequested: (conversationId, title, format) => sidebar.exportRequested(conversationId, title, format)
        }
        SearchResults {
            id: results

            Layout.fillWidth: true
            Layout.fillHeight: true
            visible: sidebar.app.sidebar.searching
            viewModel: sidebar.app.sidebar
            onOpened: (conversationId, messageId) => {
                sidebar.departed();
                if (messageId === "")
                    sidebar.app.openConversation(conversationId);
                else
                    sidebar.app.openMessage(conversationId, messageId);
            }
        }
        Rectangle {
            Layout.fillWidth: true
            implicitHeight: 1
            color: Theme.hairline
        }
        NavButton {
            objectName: "settingsButton"
            Layout.fillWidth: true
            Layout.margins: Theme.unit
            glyph: "settings"
            text: qsTr("Settings")
            keys: "Ctrl+,"
            checked: sidebar.app.page === "settings"
            onClicked: {
                sidebar.departed();
                sidebar.app.page = checked ? "chat" : "settings";
            }
        }
    }
    Rectangle {
        anchors.right: parent.right
        width: 1
        height: parent.height
        color: Theme.hairline
    }
}
