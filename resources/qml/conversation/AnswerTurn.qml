pragma ComponentBehavior: Bound

import QtQuick
import "../components"
import "../theme"

// An answer: its blocks plain on the page, what became of it, and its footer.
//
// turn: its row. plainRequested: it is to be answered without adapters.
Column {
    id: answer

    required property var turn
    readonly property bool generating: turn.status === "generating"
    readonly property bool modelAtFault: ["ModelNotFound", "ModelFileDamaged", "ModelUnsupported", "ModelLoadFailed", "ModelNotLoaded", "NotEnoughMemory", "MediaNotSupported"].includes(turn.errorKind)
    readonly property bool offersLess: turn.lighterContext > 0
    readonly property bool adaptersAtFault: turn.adapters !== "" && (turn.errorKind.startsWith("Adapter") || turn.errorKind === "GenerationFailed")
    readonly property bool contextFull: turn.errorKind === "ContextFull"
    readonly property bool hasChoices: (contextFull || turn.errorKind === "SummaryFailed") && (turn.canLeaveOut || turn.canSumUp || turn.largerContext > 0)
    readonly property string ending: {
        if (turn.errorTitle !== "")
            return "";
        if (turn.status === "interrupted" && turn.stopReason === "cancelled")
            return qsTr("Stopped");
        if (turn.status === "interrupted")
            return qsTr("Interrupted");
        return turn.stopReason === "length" ? qsTr("The answer was cut off: its longest length, or the end of the context, is reached.") : "";
    }

    signal copyRequested(string text)
    signal foldToggled
    signal linkRequested(string url)
    signal modelRequested
    signal plainRequested
    signal lessRequested
    signal compareRequested
    signal retryRequested
    signal regenerateRequested
    signal continueRequested
    signal roomRequested(string policy)
    signal siblingRequested(int step)

    function focusArrow(step: int): void {
        (footer.item as AnswerFooter)?.focusArrow(step);
    }

    spacing: Theme.unit

    Loader {
        width: parent.width
        active: answer.turn.roomText !== ""
        visible: active

        sourceComponent: RoomLine {
            words: answer.turn.roomText
            summary: answer.turn.roomSummary
            onFoldToggled: answer.foldToggled()
        }
    }

    AnswerBlocks {
        width: parent.width
        pages: answer.turn.blocks
        turn: answer.turn
        view: answer.turn.ListView.view
        onCopyRequested: text => answer.copyRequested(text)
        onFoldToggled: answer.foldToggled()
        onLinkRequested: url => answer.linkRequested(url)
    }

    Flow {
        width: parent.width
        spacing: Theme.unit
        visible: answer.ending !== "" || answer.turn.canContinue

        ThemedText {
            visible: text !== ""
            width: Math.min(implicitWidth, parent.width)
            height: Math.max(implicitHeight, Theme.controlHeight - 4)
            verticalAlignment: Text.AlignVCenter
            text: answer.ending
            color: Theme.secondary
            font.pixelSize: Theme.smallSize
            wrapMode: Text.Wrap
        }

        TextButton {
            visible: answer.turn.canContinue
            compact: true
            glyph: "forward"
            tone: "accent"
            text: qsTr("Continue")
            Accessible.description: qsTr("Go on with this answer where it stopped")
            onClicked: answer.continueRequested()
        }
    }

    Loader {
        width: parent.width
        active: answer.turn.errorTitle !== ""
        visible: active

        sourceComponent: ErrorCard {
            title: answer.turn.errorTitle
            remedy: answer.turn.errorRemedy
            calm: answer.contextFull
            canRetry: answer.turn.canRetry && !answer.contextFull
            choices: answer.hasChoices && !answer.turn.conversation.generating ? roomChoices : null
            action: answer.offersLess ? qsTr("Load it so") : answer.modelAtFault ? qsTr("Choose a model") : answer.adaptersAtFault && canRetry ? qsTr("Answer without adapters") : ""
            onRetryRequested: answer.retryRequested()
            onActionRequested: {
                if (answer.offersLess)
                    answer.lessRequested();
                else if (answer.modelAtFault)
                    answer.modelRequested();
                else
                    answer.plainRequested();
            }
        }
    }

    Component {
        id: roomChoices

        RoomChoices {
            canLeaveOut: answer.turn.canLeaveOut
            canSumUp: answer.turn.canSumUp
            largerContext: answer.turn.largerContext
            moreMemory: answer.turn.moreMemory
            onChosen: policy => answer.roomRequested(policy)
        }
    }

    // One slot of one height for the stage line and the footer: the page never moves when they change places.
    Item {
        id: foot

        readonly property real space: width - (chip.visible ? chip.width + Theme.unit : 0)

        width: parent.width
        height: Theme.controlHeight

        Loader {
            width: foot.space
            active: answer.generating && answer.turn.conversation.stage !== "waiting"

            sourceComponent: StageLine {
                conversation: answer.turn.conversation
                modelName: answer.turn.modelName
            }
        }

        Loader {
            id: footer

            anchors.verticalCenter: parent.verticalCenter
            x: -7
            width: foot.space + 7
            active: answer.turn.engaged && !answer.generating

            sourceComponent: AnswerFooter {
                turn: answer.turn
                idle: !answer.turn.conversation.generating
                onCopyRequested: answer.copyRequested(answer.turn.text)
                onRegenerateRequested: answer.regenerateRequested()
                onCompareRequested: answer.compareRequested()
                onSiblingRequested: step => answer.siblingRequested(step)
            }
        }

        AdapterChip {
            id: chip

            anchors.right: parent.right
            anchors.verticalCenter: parent.verticalCenter
            maximumWidth: 0.4 * parent.width
            words: answer.turn.adapters
        }
    }
}
