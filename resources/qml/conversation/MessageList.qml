pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import "../components"
import "../theme"

// The messages of a conversation. It follows the answer only while the reader is at its end.
//
// conversation: a ConversationViewModel. compares: whether answers can be compared with and without adapters. margin: least px beside the column. color: of what lies below the list.
// copyRequested, linkRequested, pictureRequested, modelRequested, compareRequested go to the window. keyboardReleased: what had the keyboard is done.
Item {
    id: pane

    required property var conversation
    property bool compares: false
    property int margin: Theme.gutter
    property color color: Theme.page
    property bool following: true
    readonly property alias contentHeight: list.contentHeight
    readonly property bool endInSight: seesEnd()

    signal copyRequested(string text)
    signal linkRequested(string url)
    signal pictureRequested(string messageId, int position)
    signal modelRequested
    signal compareRequested(string messageId)
    signal keyboardReleased

    function seesEnd(): bool {
        return list.contentY + list.height >= list.originY + list.contentHeight - Theme.margin;
    }

    function pageUp(): void {
        scroll.by(-0.9 * list.height);
    }

    function pageDown(): void {
        scroll.by(0.9 * list.height);
    }

    function toEnd(): void {
        glide.stop();
        following = true;
        settle();
    }

    function toBeginning(): void {
        glide.stop();
        following = false;
        list.positionViewAtBeginning();
    }

    function edit(turn: Turn): void {
        following = false;
        conversation.edits.begin(turn.messageId, turn.text);
        turn.focusEditor();
    }

    function editLast(): void {
        for (let row = list.count - 1; row >= 0; row -= 1) {
            list.positionViewAtIndex(row, ListView.Contain);
            const item = list.itemAtIndex(row) as Turn;
            if (item.who === "user") {
                edit(item);
                return;
            }
        }
    }

    function settle(): void {
        if (following && !list.moving && !bar.pressed)
            list.positionViewAtEnd();
    }

    function reveal(row: int): void {
        glide.stop();
        following = false;
        list.revealed = row;
        showTop(row);
        // Rows were placed by estimated heights; once they are made, the place is exact.
        Qt.callLater(showTop, row);
        forget.restart();
    }

    function showTop(row: int): void {
        list.positionViewAtIndex(row, ListView.Beginning);
        list.contentY = Math.max(list.originY, list.contentY - Theme.margin);
    }

    function endEditing(messageId: string): void {
        conversation.edits.end(messageId);
        following = endInSight;
        keyboardReleased();
    }

    function awaitAnswer(): void {
        toEnd();
        keyboardReleased();
    }

    // Other rows take the place of this one and all below it; the keyboard stays at the arrow it was at.
    function showSibling(turn: Turn, step: int): void {
        const row = turn.index;
        const typed = turn.holdsFocus(Window.activeFocusItem);
        conversation.showSibling(turn.messageId, step);
        if (row < list.count - 1)
            following = false;
        if (typed) {
            list.positionViewAtIndex(row, ListView.Contain);
            (list.itemAtIndex(row) as Turn)?.focusArrow(step);
        }
    }

    Connections {
        target: pane.conversation

        function onConversationIdChanged(): void {
            pane.toEnd();
        }

        function onSent(): void {
            pane.toEnd();
        }

        function onMessageRevealed(row: int): void {
            pane.reveal(row);
        }
    }

    Timer {
        id: forget

        interval: 1800
        onTriggered: list.revealed = -1
    }

    ListView {
        id: list

        property int revealed: -1
        property real lastY: 0
        readonly property bool userMoves: moving || glide.running || bar.pressed

        objectName: "messageList"
        anchors.fill: parent
        model: pane.conversation.messages
        clip: true
        cacheBuffer: 800
        boundsBehavior: Flickable.StopAtBounds
        acceptedButtons: Qt.NoButton
        keyNavigationEnabled: false
        currentIndex: -1
        activeFocusOnTab: true
        Accessible.role: Accessible.List
        Accessible.name: qsTr("Messages")

        header: Item {
            implicitHeight: Theme.margin
        }

        footer: Item {
            width: list.width
            implicitHeight: waiting.active ? Theme.controlHeight + 2 * Theme.unit : Theme.unit

            Loader {
                id: waiting

                x: Math.round((list.width - width) / 2)
                width: scroll.columnWidth
                active: pane.conversation.stage === "waiting"

                sourceComponent: StageLine {
                    conversation: pane.conversation
                    modelName: ""
                }
            }
        }

        // The reader's own movement alone decides whether the end is followed. Asked for anew each time: the property
        // may still be that of the place before, and after one long step no other follows. Half a pixel is rounding.
        onContentYChanged: {
            if (userMoves && contentY < lastY - 0.5)
                pane.following = false;
            else if (userMoves && contentY > lastY + 0.5 && pane.seesEnd())
                pane.following = true;
            lastY = contentY;
        }
        // At once, so that a growing answer needs one frame; and after this layout, which may not be the last.
        onContentHeightChanged: {
            pane.settle();
            Qt.callLater(pane.settle);
        }
        onHeightChanged: Qt.callLater(pane.settle)
        onMovementEnded: pane.settle()

        Keys.onUpPressed: scroll.by(-scroll.step)
        Keys.onDownPressed: scroll.by(scroll.step)
        Keys.onPressed: event => {
            const actions = {
                [Qt.Key_PageUp]: pane.pageUp,
                [Qt.Key_PageDown]: pane.pageDown,
                [Qt.Key_Home]: pane.toBeginning,
                [Qt.Key_End]: pane.toEnd
            };
            event.accepted = event.key in actions;
            if (event.accepted)
                actions[event.key]();
        }

        ScrollBar.vertical: ScrollHandle {
            id: bar

            onPressedChanged: if (!pressed) pane.settle()
        }

        // Three lines a notch with a short glide; touchpads and touch screens keep Flickable's own physics.
        WheelHandler {
            acceptedDevices: PointerDevice.Mouse
            onWheel: event => scroll.by(-event.angleDelta.y / 120 * scroll.step)
        }

        NumberAnimation {
            id: glide

            target: list
            property: "contentY"
            duration: Theme.motion
            easing.type: Easing.OutCubic
        }

        delegate: Turn {
            id: turn

            width: list.width
            conversation: pane.conversation
            last: index === list.count - 1
            comparable: pane.compares && (adapters !== "" || pane.conversation.adapterWords !== "")
            revealed: index === list.revealed
            columnWidth: scroll.columnWidth
            onCopyRequested: text => pane.copyRequested(text)
            onLinkRequested: url => pane.linkRequested(url)
            onPictureRequested: position => pane.pictureRequested(messageId, position)
            onModelRequested: pane.modelRequested()
            onCompareRequested: pane.compareRequested(messageId)
            onFoldToggled: pane.following = false
            onEditRequested: pane.edit(turn)
            onEditEnded: pane.endEditing(messageId)
            onAnswerAwaited: pane.awaitAnswer()
            onSiblingRequested: step => pane.showSibling(turn, step)
        }
    }

    QtObject {
        id: scroll

        readonly property real step: 3 * Theme.bodySize * Theme.lineHeight
        readonly property real columnWidth: Math.min(Theme.columnWidth * Theme.textScale, list.width - 2 * pane.margin)

        function by(distance: real): void {
            const from = glide.running ? glide.to : list.contentY;
            const lowest = Math.max(list.originY, list.originY + list.contentHeight - list.height);
            glide.stop();
            glide.to = Math.max(list.originY, Math.min(lowest, from + distance));
            if (distance < 0 && glide.to < list.contentY)
                pane.following = false;
            glide.start();
            // Without motion it has arrived already, and nothing was seen to move.
            if (distance > 0 && !glide.running && pane.endInSight)
                pane.following = true;
        }
    }

    EdgeFade {
        width: list.width - bar.width
        color: pane.color
        upper: true
        visible: list.contentY > list.originY
    }

    EdgeFade {
        anchors.bottom: parent.bottom
        width: list.width - bar.width
        color: pane.color
        visible: !pane.endInSight
    }

    JumpToLatest {
        anchors.bottom: parent.bottom
        anchors.bottomMargin: Theme.unit
        anchors.horizontalCenter: parent.horizontalCenter
        visible: !pane.following && !pane.endInSight && list.count > 0
        onClicked: pane.awaitAnswer()
    }
}
