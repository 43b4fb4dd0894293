import QtQuick
import "../components"
import "../composer"
import "../conversation"
import "../theme"

// The small panel of the global shortcut: a question first, its answer below, gone with Esc or a click elsewhere.
//
// linkActivated(url): ask before opening it.
Window {
    id: panel

    required property var app
    readonly property var quick: app.quickChat
    readonly property var conversation: quick.conversation
    readonly property int shadow: 16
    // The panel begins a fifth of the screen below its top; what is above and below the answer takes some 140.
    readonly property int highestAnswer: Math.max(120, Math.min(480, screenHeight * 4 / 5 - question.height - 140))
    property int screenHeight: 800

    // Set while a click elsewhere would hide the panel. A panel that is shown again at once still loses the keyboard
    // of the time before: that must not hide it.
    property bool armed: false

    signal linkActivated(string url)

    function appear(): void {
        armed = visible && active;
        const area = quick.pointerScreen();
        screenHeight = area.height;
        x = area.x + Math.round((area.width - width) / 2);
        y = area.y + Math.round(area.height / 5) - shadow;
        show();
        requestActivate();
        question.focusInput();
    }

    function carryOn(): void {
        question.send();
        quick.carryOn();
    }

    function handleKey(key: int, modifiers: int): bool {
        if (modifiers !== Qt.ControlModifier)
            return false;
        if (key === Qt.Key_Return || key === Qt.Key_Enter)
            carryOn();
        else if (key === Qt.Key_N)
            quick.newChat();
        else
            return false;
        return true;
    }

    title: qsTr("Famulus quick chat")
    flags: Qt.Tool | Qt.FramelessWindowHint | Qt.WindowStaysOnTopHint
    color: "transparent"
    width: 680 + 2 * shadow
    height: card.height + 2 * shadow
    onActiveChanged: {
        if (active)
            armed = true;
        else if (armed && visible)
            quick.hide();
    }

    Connections {
        target: panel.quick

        function onShowRequested(): void {
            panel.appear();
        }

        function onHideRequested(): void {
            panel.hide();
        }

        function onAnnounced(words: string): void {
            card.Accessible.announce(words, Accessible.Polite);
        }
    }

    FloatingSurface {
        id: card

        x: panel.shadow
        y: panel.shadow
        width: 680
        height: content.implicitHeight
        radius: Theme.radiusComposer
        Keys.onEscapePressed: panel.quick.hide()
        Keys.onPressed: event => event.accepted = panel.handleKey(event.key, event.modifiers)

        Column {
            id: content

            width: parent.width

            AttachmentStrip {
                width: parent.width
                conversation: panel.conversation
                model: panel.app.model
                ground: card.color
                onRemoved: question.focusInput()
                onModelRequested: panel.quick.carryOn()
            }

            QuestionInput {
                id: question

                width: parent.width
                inputName: "quickInput"
                fontSize: Math.round(17 * Theme.textScale)
                gapBelow: Theme.gutter - 2
                maximumLines: 5
                conversation: panel.conversation
                onEditLastRequested: messages.editLast()
                onPageUpRequested: messages.pageUp()
                onPageDownRequested: messages.pageDown()
            }

            ErrorCard {
                x: Theme.gutter
                width: parent.width - 2 * x
                visible: title !== ""
                title: panel.conversation.problem
                remedy: panel.conversation.problemRemedy
                dismissible: true
                onDismissRequested: {
                    panel.conversation.dismissProblem();
                    question.focusInput();
                }
            }

            Rectangle {
                x: Theme.gutter
                width: parent.width - 2 * x
                height: 1
                visible: messages.visible
                color: Theme.hairline
            }

            MessageList {
                id: messages

                x: 1
                width: parent.width - 2
                height: Math.min(panel.highestAnswer, contentHeight)
                visible: !panel.conversation.empty
                color: card.color
                conversation: panel.conversation
                onCopyRequested: text => panel.app.copyText(text)
                onLinkRequested: url => panel.linkActivated(url)
                onPictureRequested: (messageId, position) => panel.quick.showPicture(messageId, position)
                onModelRequested: panel.quick.carryOn()
                onKeyboardReleased: question.focusInput()
            }

            Item {
                width: parent.width
                height: Theme.controlHeight + Theme.unit

                DragHandler {
                    target: null
                    onActiveChanged: {
                        if (active)
                            panel.startSystemMove();
                    }
                }

                ThemedText {
                    anchors.left: parent.left
                    anchors.right: hints.left
                    anchors.margins: Theme.gutter
                    anchors.verticalCenter: parent.verticalCenter
                    text: panel.app.model.name
                    color: Theme.secondary
                    font.pixelSize: Theme.smallSize
                    elide: Text.ElideMiddle
                }

                ThemedText {
                    id: hints

                    anchors.right: stop.left
                    anchors.rightMargin: Theme.unit
                    anchors.verticalCenter: parent.verticalCenter
                    text: qsTr("Ctrl+Enter continue in window · Esc hide")
                    color: Theme.faint
                    font.pixelSize: Theme.smallSize
                }

                IconButton {
                    id: stop

                    anchors.right: parent.right
                    anchors.rightMargin: Theme.unit
                    anchors.verticalCenter: parent.verticalCenter
                    width: visible ? implicitWidth : 0
                    visible: panel.conversation.generating
                    size: Theme.controlHeight - Theme.half
                    glyphSize: 16
                    glyph: "stop"
                    text: qsTr("Stop")
                    onClicked: {
                        panel.conversation.stop();
                        question.focusInput();
                    }
                }
            }
        }
    }
}
