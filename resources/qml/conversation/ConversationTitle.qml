import QtQuick
import "../components"
import "../theme"

// Name of the open conversation (a click renames it) and what can be done with the whole of it.
Item {
    id: bar

    required property var app
    readonly property var conversation: app.conversation
    readonly property Item titleBar: this
    readonly property string policy: conversation.overflow || app.settings.overflow
    readonly property bool stored: conversation.conversationId !== ""
    property bool renaming: false

    signal exportRequested(string format)

    function startRenaming(): void {
        renaming = true;
        field.text = conversation.title;
        field.forceActiveFocus(Qt.OtherFocusReason);
        field.select(field.length, 0);  // with its beginning in sight
    }

    function rename(): void {
        const title = field.text.trim();
        if (renaming && title !== "" && title !== conversation.title)
            app.sidebar.rename(conversation.conversationId, title);
        renaming = false;
    }

    implicitHeight: Theme.controlHeight + 2 * Theme.unit
    onStoredChanged: renaming = false

    TextButton {
        id: name

        anchors.verticalCenter: parent.verticalCenter
        x: Theme.unit
        width: Math.min(implicitWidth, parent.width - more.width - 3 * Theme.unit)
        visible: bar.stored && !bar.renaming
        text: bar.conversation.title === "" ? qsTr("New chat") : bar.conversation.title
        Accessible.description: qsTr("Rename this conversation")
        onClicked: bar.startRenaming()
        contentItem: ThemedText {
            text: name.text
            font.pixelSize: Theme.controlSize
            font.weight: Font.Medium
            elide: Text.ElideRight
            verticalAlignment: Text.AlignVCenter
        }
    }

    InputField {
        id: field

        anchors.verticalCenter: parent.verticalCenter
        x: Theme.unit
        width: Math.min(48 * Theme.unit, parent.width - more.width - 3 * Theme.unit)
        visible: bar.renaming
        label: qsTr("Title")
        Keys.onEscapePressed: event => {
            event.accepted = true; // else it would stop the answer
            bar.renaming = false;
            bar.app.composerFocusRequested();
        }
        onAccepted: {
            bar.rename();
            bar.app.composerFocusRequested();
        }
        onActiveFocusChanged: if (!activeFocus) bar.rename()
    }

    IconButton {
        id: more

        objectName: "moreButton"
        anchors.right: parent.right
        anchors.rightMargin: Theme.unit
        anchors.verticalCenter: parent.verticalCenter
        visible: bar.stored
        glyph: "more"
        text: qsTr("More")
        onClicked: menu.popup(more, more.width - menu.width, more.height + Theme.half)
    }

    ActionMenu {
        id: menu

        MenuEntry {
            text: qsTr("Rename")
            glyph: "edit"
            onTriggered: bar.startRenaming()
        }
        MenuEntry {
            text: qsTr("Export as Markdown…")
            glyph: "export"
            onTriggered: bar.exportRequested("markdown")
        }
        MenuEntry {
            text: qsTr("Export as JSON…")
            glyph: "export"
            onTriggered: bar.exportRequested("json")
        }
        MenuRule {}
        MenuNote {
            text: qsTr("When it no longer fits")
        }
        PolicyEntry {
            policy: "stop"
            bar: bar.titleBar
        }
        PolicyEntry {
            policy: "drop"
            bar: bar.titleBar
        }
        PolicyEntry {
            policy: "summarise"
            bar: bar.titleBar
        }
        PolicyEntry {
            policy: "extend"
            bar: bar.titleBar
        }
        MenuRule {}
        MenuEntry {
            text: qsTr("Delete")
            glyph: "trash"
            danger: true
            onTriggered: bar.app.sidebar.remove(bar.conversation.conversationId)
        }
    }
}
