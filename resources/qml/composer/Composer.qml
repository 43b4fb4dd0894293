import QtQuick
import "../components"
import "../theme"

// Where the next question is written: waiting questions, attachments, the text, and a row with model, context, Stop and Send.
//
// conversation: a ConversationViewModel. model: a ModelViewModel.
Rectangle {
    id: composer

    required property var conversation
    required property var model
    readonly property bool generating: conversation.generating

    signal editLastRequested
    signal pageUpRequested
    signal pageDownRequested

    function focusInput(): void {
        question.focusInput();
    }

    function openModelPicker(): void {
        pill.openPicker();
    }

    implicitHeight: column.implicitHeight
    radius: Theme.radiusComposer
    color: Theme.surface
    border.width: 1
    border.color: question.activeFocus ? Theme.accentOutline : Theme.hairline

    TapHandler {
        onTapped: composer.focusInput()
    }

    Column {
        id: column

        width: parent.width

        QueueList {
            width: parent.width
            topPadding: Theme.half
            conversation: composer.conversation
            onEditRequested: text => question.putBack(text)
            onRemoved: question.focusInput()
        }

        AttachmentStrip {
            width: parent.width
            conversation: composer.conversation
            model: composer.model
            ground: composer.color
            onRemoved: question.focusInput()
            onModelRequested: composer.openModelPicker()
        }

        QuestionInput {
            id: question

            width: parent.width
            inputName: "composerInput"
            conversation: composer.conversation
            onEditLastRequested: composer.editLastRequested()
            onPageUpRequested: composer.pageUpRequested()
            onPageDownRequested: composer.pageDownRequested()
        }

        Item {
            width: parent.width
            height: Theme.controlHeight + 2 * Theme.unit

            ModelPill {
                id: pill

                anchors.verticalCenter: parent.verticalCenter
                x: Theme.unit
                maximumWidth: Math.min(40 * Theme.unit, parent.width - buttons.width - 3 * Theme.unit)
                model: composer.model
            }

            Row {
                id: buttons

                anchors.right: parent.right
                anchors.rightMargin: Theme.unit
                anchors.verticalCenter: parent.verticalCenter
                spacing: Theme.half

                PictureButton {
                    size: Theme.controlHeight
                    visible: composer.model.sees
                    conversation: composer.conversation
                    onDone: question.focusInput()
                }

                ContextRing {
                    conversation: composer.conversation
                }

                IconButton {
                    objectName: "stopButton"
                    visible: composer.generating
                    size: Theme.controlHeight
                    filled: !question.ready
                    glyph: "stop"
                    text: qsTr("Stop")
                    keys: qsTr("Esc")
                    onClicked: {
                        composer.conversation.stop();
                        question.focusInput(); // the button goes, and the keyboard would go with it
                    }
                }

                IconButton {
                    objectName: "sendButton"
                    visible: !composer.generating || question.ready
                    enabled: question.ready
                    size: Theme.controlHeight
                    filled: true
                    glyph: "send"
                    text: qsTr("Send")
                    keys: qsTr("Enter")
                    onClicked: {
                        question.send();
                        question.focusInput();
                    }
                }
            }
        }
    }
}
