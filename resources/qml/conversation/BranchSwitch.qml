import QtQuick
import "../components"
import "../theme"

// "2/3" with a step back and a step on: the versions of one message.
Row {
    id: branch

    required property int index
    required property int count

    signal stepRequested(int step)

    // The arrow of this step, or the other one at the end of the row.
    function focusArrow(step: int): void {
        const arrow = (step < 0 && back.enabled) || !on.enabled ? back : on;
        arrow.forceActiveFocus(Qt.TabFocusReason);
    }

    visible: count > 1

    IconButton {
        id: back

        anchors.verticalCenter: parent.verticalCenter
        size: 24
        glyphSize: 15
        glyph: "chevron-left"
        text: qsTr("Version before")
        enabled: branch.index > 0
        onClicked: branch.stepRequested(-1)
    }

    ThemedText {
        anchors.verticalCenter: parent.verticalCenter
        text: qsTr("%1/%2").arg(branch.index + 1).arg(branch.count)
        color: Theme.secondary
        font.pixelSize: Theme.smallSize
        Accessible.name: qsTr("Version %1 of %2").arg(branch.index + 1).arg(branch.count)
    }

    IconButton {
        id: on

        anchors.verticalCenter: parent.verticalCenter
        size: 24
        glyphSize: 15
        glyph: "chevron-right"
        text: qsTr("Next version")
        enabled: branch.index < branch.count - 1
        onClicked: branch.stepRequested(1)
    }
}
