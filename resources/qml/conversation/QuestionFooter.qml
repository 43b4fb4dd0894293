import QtQuick
import "../components"
import "../theme"

// What can be done with a question.
Row {
    id: footer

    required property var turn
    required property bool idle

    signal siblingRequested(int step)
    signal copyRequested
    signal editRequested
    signal pinRequested

    function focusArrow(step: int): void {
        versions.focusArrow(step);
    }

    spacing: Theme.half

    NumberAnimation on opacity {
        from: 0
        to: 1
        duration: Theme.motion
    }

    BranchSwitch {
        id: versions

        anchors.verticalCenter: parent.verticalCenter
        index: footer.turn.siblingIndex
        count: footer.turn.siblingCount
        onStepRequested: step => footer.siblingRequested(step)
    }

    IconButton {
        size: Theme.controlHeight - Theme.half
        glyphSize: 16
        glyph: "pin"
        text: footer.turn.pinned ? qsTr("Unpin") : qsTr("Pin: keep in the context with its answer")
        glyphColor: footer.turn.pinned ? Theme.accent : Theme.secondary
        onClicked: footer.pinRequested()
    }

    CopyButton {
        onClicked: footer.copyRequested()
    }

    IconButton {
        size: Theme.controlHeight - Theme.half
        glyphSize: 16
        glyph: "edit"
        text: qsTr("Edit")
        enabled: footer.idle
        onClicked: footer.editRequested()
    }
}
