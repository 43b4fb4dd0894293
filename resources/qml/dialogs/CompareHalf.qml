pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import QtQuick.Layouts
import "../components"
import "../conversation"
import "../theme"

// One of two answers to the same question: what it was made with, the answer, and what can be done with it.
//
// half: a ComparisonHalf. conversation: a ConversationViewModel, for the stage of the answer under way.
Rectangle {
    id: pane

    required property var half
    required property var conversation
    readonly property string title: half.words === "" ? qsTr("Without adapters") : half.words
    readonly property string speed: half.tokensPerSecond > 0 ? qsTr("%1 tokens/s").arg(Number(half.tokensPerSecond).toLocaleString(Qt.locale(), "f", 1)) : ""

    readonly property var offer: half.offer
    readonly property bool contextFull: half.errorKind === "ContextFull"
    readonly property bool offersRoom: (contextFull || half.errorKind === "SummaryFailed") && (offer.can_leave_out || offer.can_sum_up || offer.larger_n_ctx > 0)

    signal copyRequested(string text)
    signal linkRequested(string url)
    signal keepRequested
    signal retryRequested
    signal lessRequested
    signal roomRequested(string policy)
    signal stopRequested

    objectName: "compareHalf"
    radius: Theme.radiusCard
    color: Theme.surface
    border.width: 1
    border.color: Theme.hairline
    Accessible.role: Accessible.Grouping
    Accessible.name: title

    Component {
        id: roomChoices

        RoomChoices {
            canLeaveOut: pane.offer.can_leave_out
            canSumUp: pane.offer.can_sum_up
            largerContext: pane.offer.larger_n_ctx
            moreMemory: pane.offer.more_mib
            onChosen: policy => pane.roomRequested(policy)
        }
    }

    ColumnLayout {
        anchors.fill: parent
        anchors.margins: Theme.gutter
        spacing: Theme.unit

        RowLayout {
            spacing: Theme.unit

            Icon {
                visible: pane.half.words !== ""
                glyph: "sliders"
                size: 16
                color: Theme.accent
            }

            ThemedText {
                text: pane.title
                font.pixelSize: Theme.controlSize
                font.weight: Font.DemiBold
                elide: Text.ElideMiddle
                Layout.fillWidth: true
                Accessible.role: Accessible.Heading
            }

            ThemedText {
                objectName: "compareSpeed"
                visible: text !== ""
                text: pane.speed
                color: Theme.secondary
                font.pixelSize: Theme.smallSize
            }
        }

        Flickable {
            id: view

            readonly property real step: 3 * Theme.bodySize * Theme.lineHeight

            function by(distance: real): void {
                contentY = Math.max(0, Math.min(contentHeight - height, contentY + distance));
            }

            objectName: "compareText"
            visible: pane.half.errorTitle === "" || pane.half.keepable // a half without words says at its top why
            contentHeight: answer.height
            boundsBehavior: Flickable.StopAtBounds
            acceptedButtons: Qt.NoButton
            clip: true
            activeFocusOnTab: contentHeight > height
            Layout.fillWidth: true
            Layout.fillHeight: true
            Accessible.role: Accessible.Pane
            Accessible.name: pane.title
            Keys.onUpPressed: by(-step)
            Keys.onDownPressed: by(step)
            Keys.onPressed: event => {
                const distances = {
                    [Qt.Key_PageUp]: -0.9 * height,
                    [Qt.Key_PageDown]: 0.9 * height,
                    [Qt.Key_Home]: -contentHeight,
                    [Qt.Key_End]: contentHeight
                };
                event.accepted = event.key in distances;
                if (event.accepted)
                    by(distances[event.key]);
            }
            ScrollBar.vertical: ScrollHandle {
                id: bar
            }

            Item {
                id: answer

                width: view.width - bar.width
                height: blocks.height

                AnswerBlocks {
                    id: blocks

                    width: parent.width
                    pages: pane.half.blocks
                    turn: answer
                    view: view
                    onCopyRequested: text => pane.copyRequested(text)
                    onLinkRequested: url => pane.linkRequested(url)
                }
            }

            FocusRing {
                parent: view
                shown: view.activeFocus
            }
        }

        ErrorCard {
            visible: title !== ""
            title: pane.half.errorTitle
            remedy: pane.half.errorRemedy
            calm: pane.contextFull
            canRetry: !pane.contextFull
            choices: pane.offersRoom && !pane.conversation.generating ? roomChoices : null
            action: pane.offer.lighter_n_ctx > 0 ? qsTr("Load it so") : ""
            onRetryRequested: pane.retryRequested()
            onActionRequested: pane.lessRequested()
            Layout.fillWidth: true
        }

        Item {
            visible: !view.visible
            Layout.fillHeight: true
        }

        RowLayout {
            spacing: Theme.unit
            Layout.preferredHeight: Theme.controlHeight

            StageLine {
                visible: pane.half.begun
                conversation: pane.conversation
                modelName: pane.half.modelName
                Layout.fillWidth: true
            }

            Spinner {
                visible: running
                running: pane.half.running && !pane.half.begun
            }

            ThemedText {
                visible: !pane.half.begun
                text: pane.half.running ? qsTr("Waiting for the other answer…") : pane.half.stopped ? qsTr("Stopped") : ""
                color: Theme.secondary
                font.pixelSize: Theme.smallSize
                elide: Text.ElideRight
                Layout.fillWidth: true
            }

            TextButton {
                visible: pane.half.stopped
                glyph: "refresh"
                text: qsTr("Answer again")
                onClicked: pane.retryRequested()
            }

            TextButton {
                objectName: "compareStop"
                visible: pane.half.running && (!pane.half.begun || pane.conversation.stage === "writing")
                glyph: "stop"
                text: qsTr("Stop")
                onClicked: pane.stopRequested()
            }

            TextButton {
                objectName: "compareKeep"
                visible: pane.half.keepable
                outlined: true
                glyph: "check"
                text: qsTr("Keep this answer")
                Accessible.description: pane.title
                onClicked: pane.keepRequested()
            }
        }
    }
}
