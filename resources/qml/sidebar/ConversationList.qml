pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import "../theme"
import "../components"

// The conversations, newest first, under a heading a period. Arrow keys move, Enter opens.
ListView {
    id: list

    required property var viewModel

    signal opened(string conversationId)
    signal exportRequested(string conversationId, string title, string format)

    function sectionTitle(group: string): string {
        switch (group) {
        case "today":
            return qsTr("Today");
        case "yesterday":
            return qsTr("Yesterday");
        case "week":
            return qsTr("Last 7 days");
        default:
            return qsTr("Older");
        }
    }

    objectName: "conversationList"
    model: viewModel.conversations
    clip: true
    currentIndex: -1
    activeFocusOnTab: true
    keyNavigationEnabled: true
    boundsBehavior: Flickable.StopAtBounds
    spacing: 1
    bottomMargin: Theme.unit
    highlightMoveDuration: 0
    ScrollBar.vertical: ScrollHandle {}
    Accessible.role: Accessible.List
    Accessible.name: qsTr("Conversations")
    onActiveFocusChanged: {
        if (activeFocus && currentIndex < 0)
            currentIndex = 0;
    }

    section.property: "group"
    section.delegate: ThemedText {
        required property string section

        width: ListView.view.width
        height: implicitHeight + 22
        leftPadding: 18
        bottomPadding: 6
        verticalAlignment: Text.AlignBottom
        text: list.sectionTitle(section)
        font.pixelSize: Theme.smallSize
        color: Theme.faint
        Accessible.role: Accessible.Heading
    }
    delegate: ConversationRow {
        id: row

        width: list.width
        onOpened: {
            list.currentIndex = index;
            list.opened(conversationId);
        }
        onRenamed: title => list.viewModel.rename(conversationId, title)
        onRemoved: list.viewModel.remove(conversationId)
        onMenuRequested: (x, y) => {
            list.currentIndex = index;
            menu.row = row;
            menu.conversationId = conversationId;
            menu.conversationTitle = shownTitle;
            menu.popup(row, x, y);
        }
    }

    ConversationMenu {
        id: menu

        property ConversationRow row: null

        onRenameRequested: Qt.callLater(() => menu.row?.startRenaming())
        onExportRequested: format => list.exportRequested(conversationId, conversationTitle, format)
        onRemoveRequested: list.viewModel.remove(conversationId)
    }
    ThemedText {
        anchors.left: parent.left
        anchors.right: parent.right
        anchors.margins: 18
        y: 24
        visible: list.count === 0 && list.viewModel.loaded
        text: qsTr("Your conversations will be listed here.")
        wrapMode: Text.Wrap
        font.pixelSize: Theme.smallSize
        lineHeight: 1.3
        color: Theme.faint
    }
}
