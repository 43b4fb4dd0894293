pragma ComponentBehavior: Bound

import QtQuick
import "../components"
import "../theme"

// A question: its pictures and plain text in a sunken block; edited in place, which makes a new version of it.
//
// turn: its row.
Column {
    id: question

    required property var turn

    signal copyRequested(string text)
    signal foldToggled
    signal pictureRequested(int position)
    signal editRequested
    signal editCancelled
    signal edited(string text)
    signal retryRequested
    signal pinRequested
    signal siblingRequested(int step)

    function focusArrow(step: int): void {
        (footer.item as QuestionFooter)?.focusArrow(step);
    }

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
            active: question.turn.pinned && !question.turn.canRetry && !question.turn.editing

            sourceComponent: Row {
                height: Theme.controlHeight - Theme.half
                spacing: Theme.half

                Icon {
                    anchors.verticalCenter: parent.verticalCenter
                    glyph: "pin"
                    size: 14
                    color: Theme.faint
                }

                ThemedText {
                    anchors.verticalCenter: parent.verticalCenter
                    text: qsTr("Pinned: stays in the context")
                    color: Theme.faint
                    font.pixelSize: Theme.smallSize
                }
            }
        }

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
            id: footer

            anchors.right: parent.right
            active: question.turn.engaged && !question.turn.editing

            sourceComponent: QuestionFooter {
                turn: question.turn
                idle: !question.turn.conversation.generating
                onSiblingRequested: step => question.siblingRequested(step)
                onCopyRequested: question.copyRequested(question.turn.text)
                onEditRequested: question.editRequested()
                onPinRequested: question.pinRequested()
            }
        }
    }

    Component {
        id: words

        Column {
            Loader {
                width: parent.width
                active: question.turn.pictures.length > 0
                visible: active

                sourceComponent: PictureRow {
                    turn: question.turn
                    onPictureRequested: position => question.pictureRequested(position)
                }
            }

            QuestionText {
                width: parent.width
                visible: text !== ""
                text: question.turn.text
                onFoldToggled: question.foldToggled()
            }
        }
    }

    Component {
        id: editor

        QuestionEditor {
            readonly property var edits: question.turn.conversation.edits

            text: edits.text(question.turn.messageId)
            cursor: edits.cursor(question.turn.messageId)
            turn: question.turn
            onChanged: (text, cursor) => edits.keep(question.turn.messageId, text, cursor)
            onCancelled: question.editCancelled()
            onAccepted: text => question.edited(text)
        }
    }
}
