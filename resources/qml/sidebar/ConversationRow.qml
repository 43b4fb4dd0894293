pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import "../theme"
import "../components"

// One conversation in the sidebar. F2 renames it in place, Delete removes it, the menu key opens its menu.
ItemDelegate {
    id: row

    required property int index
    required property string conversationId
    required property string title
    required property bool generating
    required property bool active
    required property bool unread
    property bool renaming: false
    readonly property string shownTitle: title === "" ? qsTr("New chat") : title

    signal opened
    signal renamed(string title)
    signal removed
    signal menuRequested(real x, real y)

    function startRenaming(): void {
        renaming = true;
    }

    function finishRenaming(keep: bool, text: string): void {
        if (!renaming)
            return;
        renaming = false;
        if (keep && text.trim() !== "" && text.trim() !== title)
            renamed(text.trim());
        forceActiveFocus();
    }

    objectName: "conversationRow"
    implicitHeight: Theme.controlHeight + 2
    padding: 0
    leftInset: Theme.unit
    rightInset: Theme.unit
    leftPadding: 18
    rightPadding: 14
    focus: ListView.isCurrentItem
    focusPolicy: Qt.NoFocus
    Accessible.role: Accessible.ListItem
    Accessible.name: generating ? qsTr("%1, answering").arg(shownTitle) : unread ? qsTr("%1, unread").arg(shownTitle) : shownTitle
    Accessible.selected: active

    onClicked: opened()
    Keys.onReturnPressed: opened()
    Keys.onEnterPressed: opened()
    Keys.onDeletePressed: removed()
    Keys.onMenuPressed: menuRequested(width - 40, height)
    Keys.onPressed: event => {
        if (event.key === Qt.Key_F2) {
            startRenaming();
            event.accepted = true;
        }
    }

    contentItem: Item {
        ThemedText {
            anchors.left: parent.left
            anchors.right: mark.visible ? mark.left : moreButton.visible ? moreButton.left : parent.right
            anchors.rightMargin: 6
            anchors.verticalCenter: parent.verticalCenter
            visible: !row.renaming
            text: row.shownTitle
            elide: Text.ElideRight
            font.pixelSize: Theme.controlSize
            font.weight: row.unread ? Font.Medium : Font.Normal
            color: row.active || row.unread || row.hovered ? Theme.text : Theme.secondary
            Accessible.ignored: true
        }
        Item {
            id: mark

            anchors.right: parent.right
            anchors.verticalCenter: parent.verticalCenter
            width: 26
            height: 16
            visible: (row.generating || row.unread) && !moreButton.visible && !row.renaming

            Spinner {
                anchors.centerIn: parent
                running: row.generating
                size: 15
            }
            Rectangle {
                anchors.centerIn: parent
                visible: row.unread && !row.generating
                width: 7
                height: 7
                radius: 3.5
                color: Theme.accent
            }
        }
        Loader {
            id: moreButton

            anchors.right: parent.right
            anchors.verticalCenter: parent.verticalCenter
            active: (row.hovered || row.activeFocus || activeFocus) && !row.renaming
            visible: active
            sourceComponent: IconButton {
                size: 26
                glyph: "more"
                glyphSize: 16
                text: qsTr("More actions")
                onClicked: row.menuRequested(row.width - 40, row.height)
            }
        }
        Loader {
            anchors.fill: parent
            anchors.leftMargin: -8
            anchors.rightMargin: -2
            active: row.renaming
            sourceComponent: InputField {
                text: row.title
                label: qsTr("Title")
                implicitHeight: row.height - 4
                leftPadding: 8
                onAccepted: row.finishRenaming(true, text)
                Keys.onEscapePressed: row.finishRenaming(false, text)
                onActiveFocusChanged: {
                    if (!activeFocus)
                        row.finishRenaming(true, text);
                }
                Component.onCompleted: {
                    forceActiveFocus();
                    select(length, 0);  // with its beginning in sight
                }
            }
        }
    }
    background: Rectangle {
        radius: Theme.radiusControl
        color: row.active || row.pressed ? Theme.pressed : row.hovered ? Theme.hover : "transparent"

        FocusRing { shown: row.activeFocus; innerRadius: parent.radius; offset: -2 }
    }

    HoverHandler { cursorShape: Qt.PointingHandCursor }
    TapHandler {
        acceptedButtons: Qt.RightButton
        onTapped: point => row.menuRequested(point.position.x, point.position.y)
    }
}
