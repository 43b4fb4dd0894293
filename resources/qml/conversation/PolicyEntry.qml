import QtQuick
import "../components"

// One choice of what happens when a conversation no longer fits; a check stands before the one that holds.
//
// policy: the choice. bar: the ConversationTitle whose menu it is in.
MenuEntry {
    id: entry

    required property string policy
    required property var bar

    text: bar.app.settings.policyWords[policy]
    checkable: true
    checked: bar.policy === policy
    onTriggered: {
        bar.conversation.setOverflow(policy);
        checked = Qt.binding(() => entry.bar.policy === entry.policy); // a click has put a value in its place
    }
}
