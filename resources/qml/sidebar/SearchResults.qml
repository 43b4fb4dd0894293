pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import "../theme"
import "../components"

// What the search found: the title of a conversation, and the words around the match.
ListView {
    id: results

    required property var viewModel

    signal opened(string conversationId, string messageId)

    function openFirst(): void {
        forceLayout(); // the hits may have come since the last frame
        if (count > 0)
            (itemAtIndex(0) as ItemDelegate)?.clicked();
    }

    objectName: "searchResults"
    model: viewModel.hits
    clip: true
    currentIndex: -1
    activeFocusOnTab: count > 0
    keyNavigationEnabled: true
    boundsBehavior: Flickable.StopAtBounds
    topMargin: Theme.unit
    bottomMargin: Theme.unit
    spacing: 1
    highlightMoveDuration: 0
    ScrollBar.vertical: ScrollHandle {}
    Accessible.role: Accessible.List
    Accessible.name: qsTr("Search results")
    onActiveFocusChanged: {
        if (activeFocus && currentIndex < 0)
            currentIndex = 0;
    }

    delegate: ItemDelegate {
        id: hit

        required property int index
        required property string conversationId
        required property string messageId
        required property string title
        required property string snippet
        required property string who
        readonly property bool isTitle: who === "title"

        width: results.width
        leftInset: Theme.unit
        rightInset: Theme.unit
        leftPadding: 18
        rightPadding: 18
        topPadding: 8
        bottomPadding: 9
        focus: ListView.isCurrentItem
        focusPolicy: Qt.NoFocus
        Accessible.role: Accessible.ListItem
        Accessible.name: title + ". " + snippet.replace(/<[^>]*>/g, "")
        onClicked: {
            results.currentIndex = index;
            results.opened(conversationId, messageId);
        }
        Keys.onReturnPressed: clicked()
        Keys.onEnterPressed: clicked()

        contentItem: Column {
            spacing: 3

            ThemedText {
                width: parent.width
                text: hit.isTitle ? hit.snippet : hit.title
                textFormat: hit.isTitle ? Text.StyledText : Text.PlainText
                elide: Text.ElideRight
                maximumLineCount: 1
                font.pixelSize: Theme.controlSize
                Accessible.ignored: true
            }
            ThemedText {
                width: parent.width
                visible: !hit.isTitle
                text: hit.snippet
                textFormat: Text.StyledText
                wrapMode: Text.Wrap
                elide: Text.ElideRight
                maximumLineCount: 2
                font.pixelSize: Theme.smallSize
                lineHeight: 1.25
                color: Theme.secondary
                Accessible.ignored: true
            }
        }
        background: Rectangle {
            radius: Theme.radiusControl
            color: hit.pressed ? Theme.pressed : hit.hovered ? Theme.hover : "transparent"

            FocusRing { shown: hit.activeFocus; innerRadius: parent.radius; offset: -2 }
        }

        HoverHandler { cursorShape: Qt.PointingHandCursor }
    }

    ThemedText {
        anchors.left: parent.left
        anchors.right: parent.right
        anchors.margins: 18
        y: Theme.gutter
        visible: results.count === 0 && results.viewModel.searchDone
        text: qsTr("Nothing found for “%1”.").arg(results.viewModel.searchText.trim())
        wrapMode: Text.Wrap
        font.pixelSize: Theme.smallSize
        lineHeight: 1.3
        color: Theme.faint
    }
}
