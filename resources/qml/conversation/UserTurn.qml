pragma ComponentBehavior: Bound

import QtQuick
import "../components"
import "../theme"

// A question: plain text in a sunken block; edited in place, which makes a new version of it.
//
// turn: its row.
Column {
    id: question

    required property var turn

    signal copyRequested(string text)
    signal foldToggled
    signal editRequested
    signal editCancelled
    signal edited(string text)
    signal retryRequested

    spacing: Theme.half / 2

    Rectangle {
        width: parent.width
        height: content.height
        radius: Theme.radiusCard
        color: Theme.sunken

        Loader {
            id: content

            width: parent.width
            focus: question.turn.editing
            sourceComponent: question.turn.editing ? editor : words
        }
    }

    Item {
        width: parent.width
        height: Theme.controlHeight - Theme.half

        Loader {
            active: question.turn.canRetry && !question.turn.editing

            sourceComponent: Row {
                spacing: Theme.unit

                ThemedText {
                    anchors.verticalCenter: parent.verticalCenter
                    text: qsTr("It has no answer yet.")
                    color: Theme.secondary
                    font.pixelSize: Theme.smallSize
                }

                TextButton {
                    compact: true
                    glyph: "refresh"
                    tone: "accent"
                    text: qsTr("Retry")
                    onClicked: question.retryRequested()
                }
            }
        }

        Loader {
            anchors.right: parent.right
            active: question.turn.engaged && !question.turn.editing

            sourceComponent: Row {
                spacing: Theme.half

                NumberAnimation on opacity {
                    from: 0
                    to: 1
                    duration: Theme.motion
                }

                BranchSwitch {
                    anchors.verticalCenter: parent.verticalCenter
                    index: question.turn.siblingIndex
                    count: question.turn.siblingCount
                    onStepRequested: step => question.turn.conversation.showSibling(question.turn.messageId, step)
                }

                CopyButton {
                    onClicked: question.copyRequested(question.turn.text)
                }

                IconButton {
                    size: Theme.controlHeight - Theme.half
                    glyphSize: 16
                    glyph: "edit"
                    text: qsTr("Edit")
                    enabled: !question.turn.conversation.generating
                    onClicked: question.editRequested()
                }
            }
        }
    }

    Component {
        id: words

        QuestionText {
            text: question.turn.text
            onFoldToggled: question.foldToggled()
        }
    }

    Component {
        id: editor

        QuestionEditor {
            text: question.turn.text
            onCancelled: question.editCancelled()
            onAccepted: text => question.edited(text)
        }
    }
}
