import QtQuick
import QtQuick.Controls.Basic
import "../components"
import "../theme"

// The text of the next question: grows with its lines, then scrolls. Its text is the conversation's draft.
//
// conversation: a ConversationViewModel. fontSize, gapBelow (px), maximumLines, inputName (object name of the text area).
// ready: there is something to send.
// Return sends (an answer under way makes it wait, and pictures that are still looked at), Shift+Return breaks the
// line; pictures that are pasted are attached.
// editLastRequested (Up in an empty field), pageUpRequested, pageDownRequested.
ScrollView {
    id: view

    required property var conversation
    property int fontSize: Theme.bodySize
    property int maximumLines: 8
    property int gapBelow: Theme.half
    property alias inputName: input.objectName
    readonly property bool blank: input.text.trim() === ""
    readonly property bool attached: conversation.attachments.count > 0
    readonly property bool ready: !conversation.sendsWhenDescribed && (attached || !blank)

    signal editLastRequested
    signal pageUpRequested
    signal pageDownRequested

    function focusInput(): void {
        input.forceActiveFocus();
    }

    function send(): void {
        if (ready)
            conversation.send(input.text);
    }

    function putBack(text: string): void {
        input.text = blank ? text : input.text + "\n" + text;
        input.cursorPosition = input.length;
        focusInput();
    }

    function showDraft(): void {
        if (input.text === conversation.draft)
            return;
        input.text = conversation.draft;
        input.cursorPosition = input.length;
    }

    // While an input method is composing a word, its keys are its own, and Return never sends.
    function handleKey(event: KeyEvent): bool {
        const key = event.key;
        const modifiers = event.modifiers;
        const enter = key === Qt.Key_Return || key === Qt.Key_Enter;
        if (input.inputMethodComposing)
            return enter;
        if (enter && (modifiers & (Qt.ShiftModifier | Qt.AltModifier | Qt.ControlModifier)) === 0)
            send();
        else if (event.matches(StandardKey.Paste))
            return conversation.pastePictures();
        else if (key === Qt.Key_Up && input.length === 0 && !conversation.generating && conversation.lastQuestionId() !== "")
            editLastRequested();
        else if (key === Qt.Key_PageUp)
            pageUpRequested();
        else if (key === Qt.Key_PageDown)
            pageDownRequested();
        else
            return false;
        return true;
    }

    // The placeholder counts too: its letters may be of a taller font.
    implicitHeight: Math.min(Math.ceil(input.implicitHeight), maximumLines * Math.ceil(metrics.lineSpacing) + input.topPadding + input.bottomPadding)
    contentWidth: availableWidth
    Component.onCompleted: showDraft()
    ScrollBar.horizontal.policy: ScrollBar.AlwaysOff
    ScrollBar.vertical: ScrollHandle {
        parent: view
        x: view.width - width - 2
        y: Theme.unit
        height: view.height - y
    }

    Connections {
        target: view.conversation

        function onDraftChanged(): void {
            view.showDraft();
        }
    }

    FontMetrics {
        id: metrics

        font: input.font
    }

    TextArea {
        id: input

        leftPadding: Theme.gutter
        rightPadding: Theme.gutter
        topPadding: Theme.gutter - 2
        bottomPadding: view.gapBelow
        textFormat: TextEdit.PlainText
        wrapMode: TextEdit.Wrap
        color: Theme.text
        placeholderText: view.conversation.generating ? qsTr("Write the next message") : qsTr("Ask anything")
        placeholderTextColor: Theme.faint
        selectionColor: Theme.selection
        selectedTextColor: Theme.text
        font.pixelSize: view.fontSize
        background: null
        activeFocusOnTab: true
        focus: true
        readOnly: view.conversation.sendsWhenDescribed
        Accessible.name: qsTr("Message")
        KeyNavigation.priority: KeyNavigation.BeforeItem
        Keys.onTabPressed: nextItemInFocusChain(true).forceActiveFocus(Qt.TabFocusReason)
        Keys.onBacktabPressed: nextItemInFocusChain(false).forceActiveFocus(Qt.BacktabFocusReason)
        Keys.onPressed: event => event.accepted = view.handleKey(event)
        ContextMenu.menu: TextMenu {
            editor: input
            pictures: view.conversation
        }
        onTextChanged: view.conversation.draft = text
    }
}
