pragma ComponentBehavior: Bound

import QtQuick
import "../components"
import "../composer"
import "../theme"
import "../welcome"

// The open conversation: title, messages (or the welcome), and the composer.
//
// linkActivated(url): ask before opening it. pictureRequested: show one in the viewer. compareRequested: show a comparison.
// exportRequested: of the open conversation.
Item {
    id: page

    required property var app
    readonly property var conversation: app.conversation
    readonly property bool blank: conversation.empty && !conversation.loading
    readonly property real columnWidth: Math.min(Theme.columnWidth * Theme.textScale, width - 2 * Theme.gutter)

    signal linkActivated(string url)
    signal pictureRequested(string messageId, int position)
    signal compareRequested(string messageId)
    signal exportRequested(string conversationId, string title, string format)

    Component.onCompleted: composer.focusInput()
    Keys.onEscapePressed: event => {
        event.accepted = conversation.generating;
        if (event.accepted)
            conversation.stop();
    }

    Connections {
        target: page.app

        function onComposerFocusRequested(): void {
            composer.focusInput();
        }
    }

    ConversationTitle {
        id: header

        width: parent.width
        app: page.app
        onExportRequested: format => page.exportRequested(page.conversation.conversationId, page.conversation.title, format)
    }

    MessageList {
        id: messages

        anchors.top: header.bottom
        anchors.bottom: foot.top
        anchors.bottomMargin: Theme.half
        width: parent.width
        visible: !page.blank
        conversation: page.conversation
        compares: true
        onCompareRequested: messageId => page.compareRequested(messageId)
        onCopyRequested: text => page.app.copyText(text)
        onLinkRequested: url => page.linkActivated(url)
        onPictureRequested: (messageId, position) => page.pictureRequested(messageId, position)
        onModelRequested: composer.openModelPicker()
        onKeyboardReleased: composer.focusInput()
    }

    Loader {
        anchors.top: header.bottom
        anchors.bottom: foot.top
        width: parent.width
        active: page.blank

        sourceComponent: Welcome {
            app: page.app
        }
    }

    Spinner {
        anchors.centerIn: messages
        running: page.conversation.loading
        size: 24
    }

    Column {
        id: foot

        anchors.bottom: parent.bottom
        anchors.bottomMargin: Theme.gutter
        anchors.horizontalCenter: parent.horizontalCenter
        width: page.columnWidth
        spacing: Theme.unit

        ErrorCard {
            width: parent.width
            visible: title !== ""
            title: page.conversation.problem
            remedy: page.conversation.problemRemedy
            action: page.conversation.problemKind === "MediaNotSupported" ? qsTr("Choose a model") : ""
            dismissible: true
            onActionRequested: composer.openModelPicker()
            onDismissRequested: {
                page.conversation.dismissProblem();
                composer.focusInput();
            }
        }

        Composer {
            id: composer

            width: parent.width
            conversation: page.conversation
            model: page.app.model
            adapters: page.app.adapters
            onEditLastRequested: messages.editLast()
            onPageUpRequested: messages.pageUp()
            onPageDownRequested: messages.pageDown()
        }
    }
}
