pragma ComponentBehavior: Bound

import QtQuick
import "../components"
import "../theme"

// Where the next question is written: waiting questions, attachments, the text, and a row with model, adapters, context,
// Stop and Send.
//
// conversation: a ConversationViewModel. model: a ModelViewModel. adapters: an AdapterViewModel.
Rectangle {
    id: composer

    required property var conversation
    required property var model
    required property var adapters
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

    function openAdapterPicker(): void {
        adapterPicker.active = true;
        (adapterPicker.item as AdapterPicker).open();
    }

    function toggleAdapterPicker(): void {
        if ((adapterPicker.item as AdapterPicker)?.opened)
            (adapterPicker.item as AdapterPicker).close();
        else
            openAdapterPicker();
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

            Row {
                id: pills

                readonly property real space: parent.width - buttons.width - 3 * Theme.unit

                anchors.verticalCenter: parent.verticalCenter
                x: Theme.unit

                ModelPill {
                    id: pill

                    maximumWidth: Math.min(40 * Theme.unit, pills.space - (adapterPill.visible ? adapterPill.width : 0))
                    model: composer.model
                    adapters: composer.adapters
                    onAdaptersRequested: composer.openAdapterPicker()
                }

                AdapterPill {
                    id: adapterPill

                    visible: composer.adapters.offered
                    maximumWidth: Math.min(28 * Theme.unit, 0.45 * pills.space)
                    adapters: composer.adapters
                    onClicked: composer.toggleAdapterPicker()
                }
            }

            Loader {
                id: adapterPicker

                active: false

                sourceComponent: AdapterPicker {
                    parent: adapterPill.visible ? adapterPill : pill
                    y: -height - Theme.unit
                    adapters: composer.adapters
                }
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
