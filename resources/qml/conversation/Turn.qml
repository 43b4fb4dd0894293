pragma ComponentBehavior: Bound

import QtQuick
import "../components"
import "../theme"

// One row of the messages: a question or an answer, in the middle column.
//
// The upper properties are roles of MessageListModel. last: it is the last row, whose footer always shows.
// comparable: it can be compared with the same answer without adapters. revealed: it is marked as the place that a search led to. answerAwaited: what is asked for comes at the end.
Item {
    id: row

    required property int index
    required property string messageId
    required property string who
    required property string text
    required property var pictures
    required property string status
    required property var blocks
    required property string errorTitle
    required property string errorRemedy
    required property string errorKind
    required property bool canRetry
    required property int siblingIndex
    required property int siblingCount
    required property string modelName
    required property string adapters
    required property real tokensPerSecond
    required property real firstTokenSeconds
    required property int promptTokens
    required property int cachedTokens
    required property int restoredTokens
    required property int encodedMedia
    required property string stopReason
    required property bool canContinue
    required property bool pinned
    required property string roomText
    required property string roomSummary
    required property bool canLeaveOut
    required property bool canSumUp
    required property int largerContext
    required property int lighterContext
    required property int moreMemory
    required property bool editing

    required property var conversation
    required property bool last
    required property bool comparable
    required property bool revealed
    required property real columnWidth
    readonly property bool engaged: last || hover.hovered || holdsFocus(Window.activeFocusItem)

    signal copyRequested(string text)
    signal foldToggled
    signal linkRequested(string url)
    signal pictureRequested(int position)
    signal modelRequested
    signal compareRequested
    signal editRequested
    signal editEnded
    signal answerAwaited
    signal siblingRequested(int step)

    function holdsFocus(item: Item): bool {
        for (let at = item; at; at = at.parent)
            if (at === row)
                return true;
        return false;
    }

    // The keyboard goes to the editor of the question.
    function focusEditor(): void {
        turn.forceActiveFocus(Qt.OtherFocusReason);
    }

    // The keyboard goes to an arrow between the versions: back for -1, on for 1.
    function focusArrow(step: int): void {
        forceActiveFocus(Qt.TabFocusReason); // which is what makes the footer show
        (turn.item as UserTurn)?.focusArrow(step);
        (turn.item as AnswerTurn)?.focusArrow(step);
    }

    function retry(): void {
        conversation.retry(messageId);
        answerAwaited();
    }

    function regenerate(): void {
        conversation.regenerate(messageId);
        answerAwaited();
    }

    function answerWithout(): void {
        conversation.answerWithout(messageId);
        answerAwaited();
    }

    function goOn(): void {
        conversation.continueAnswer(messageId);
        answerAwaited();
    }

    function loadWithLess(): void {
        conversation.loadWithLess(messageId);
        answerAwaited();
    }

    function makeRoom(policy: string): void {
        conversation.makeRoom(messageId, policy);
        answerAwaited();
    }

    function edit(text: string): void {
        conversation.edit(messageId, text);
        editEnded();
        answerAwaited();
    }

    // An answer stands nearer to its question than to the next one.
    implicitHeight: turn.height + (who === "user" ? 0 : 2 * Theme.unit)
    activeFocusOnTab: true
    Accessible.role: Accessible.ListItem
    Accessible.name: who === "user" ? qsTr("You: %1").arg(text) : qsTr("Famulus: %1").arg(text)

    HoverHandler {
        id: hover
    }

    Rectangle {
        anchors.fill: turn
        anchors.margins: -Theme.unit
        radius: Theme.radiusCard
        color: Theme.accentWash
        opacity: row.revealed ? 1 : 0
        visible: opacity > 0

        Behavior on opacity {
            NumberAnimation {
                duration: 3 * Theme.motion
            }
        }
    }

    Loader {
        id: turn

        x: Math.round((row.width - width) / 2)
        width: row.columnWidth
        focus: row.editing
        sourceComponent: row.who === "user" ? question : answer
    }

    FocusRing {
        anchors.fill: turn
        shown: row.activeFocus
        innerRadius: Theme.radiusCard
        offset: 4
    }

    Component {
        id: question

        UserTurn {
            turn: row
            onCopyRequested: text => row.copyRequested(text)
            onFoldToggled: row.foldToggled()
            onPictureRequested: position => row.pictureRequested(position)
            onEditRequested: row.editRequested()
            onEditCancelled: row.editEnded()
            onEdited: text => row.edit(text)
            onRetryRequested: row.retry()
            onPinRequested: row.conversation.pin(row.messageId, !row.pinned)
            onSiblingRequested: step => row.siblingRequested(step)
        }
    }

    Component {
        id: answer

        AnswerTurn {
            turn: row
            onCopyRequested: text => row.copyRequested(text)
            onFoldToggled: row.foldToggled()
            onLinkRequested: url => row.linkRequested(url)
            onModelRequested: row.modelRequested()
            onCompareRequested: row.compareRequested()
            onPlainRequested: row.answerWithout()
            onLessRequested: row.loadWithLess()
            onRetryRequested: row.retry()
            onRegenerateRequested: row.regenerate()
            onContinueRequested: row.goOn()
            onRoomRequested: policy => row.makeRoom(policy)
            onSiblingRequested: step => row.siblingRequested(step)
        }
    }
}
