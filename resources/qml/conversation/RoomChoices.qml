import QtQuick
import "../components"
import "../theme"

// What can be done where a conversation fills the context; what is chosen holds for it from now on.
//
// canLeaveOut: whether it fits without its oldest turns. canSumUp: whether with a summary of them. largerContext: tokens
// of the longer context that memory allows, 0 for none. moreMemory: MiB that it takes.
Flow {
    id: choices

    required property bool canLeaveOut
    required property bool canSumUp
    required property int largerContext
    required property int moreMemory

    signal chosen(string policy)

    function grouped(count: int): string {
        return Number(count).toLocaleString(Qt.locale(), "f", 0);
    }

    spacing: Theme.unit

    TextButton {
        visible: choices.canLeaveOut
        outlined: true
        text: qsTr("Leave out the oldest turns")
        onClicked: choices.chosen("drop")
    }

    TextButton {
        visible: choices.canSumUp
        outlined: true
        text: qsTr("Sum up the oldest turns")
        onClicked: choices.chosen("summarise")
    }

    TextButton {
        visible: choices.largerContext > 0
        outlined: true
        text: qsTr("Raise the context to %1 tokens (+%2 MiB)").arg(choices.grouped(choices.largerContext)).arg(choices.grouped(choices.moreMemory))
        onClicked: choices.chosen("extend")
    }
}
