import QtQuick
import "../components"
import "../theme"

// What can be done with an answer, and how it came about; more of that while the pointer is on it.
Row {
    id: footer

    required property var turn
    required property bool idle
    readonly property string measured: {
        const parts = [turn.modelName];
        if (turn.tokensPerSecond > 0)
            parts.push(qsTr("%1 tokens/s").arg(decimal(turn.tokensPerSecond, 1)));
        if (turn.firstTokenSeconds > 0)
            parts.push(qsTr("first after %1 s").arg(decimal(turn.firstTokenSeconds, 2)));
        return parts.filter(part => part !== "").join(" · ");
    }

    readonly property string details: {
        const parts = [];
        if (turn.promptTokens > 0)
            parts.push(qsTr("Prompt: %1 tokens").arg(grouped(turn.promptTokens)));
        if (turn.cachedTokens > 0)
            parts.push(qsTr("Read from memory: %1 tokens").arg(grouped(turn.cachedTokens)));
        if (turn.restoredTokens > 0)
            parts.push(qsTr("Of these brought back from disk: %1 tokens").arg(grouped(turn.restoredTokens)));
        if (turn.encodedMedia > 0)
            parts.push(qsTr("Pictures looked at: %1").arg(grouped(turn.encodedMedia)));
        return parts.join("\n");
    }

    signal copyRequested
    signal regenerateRequested
    signal compareRequested
    signal siblingRequested(int step)

    function focusArrow(step: int): void {
        versions.focusArrow(step);
    }

    function decimal(value: real, digits: int): string {
        return Number(value).toLocaleString(Qt.locale(), "f", digits);
    }

    function grouped(count: int): string {
        return Number(count).toLocaleString(Qt.locale(), "f", 0);
    }

    spacing: Theme.half

    NumberAnimation on opacity {
        from: 0
        to: 1
        duration: Theme.motion
    }

    CopyButton {
        visible: footer.turn.text !== ""
        onClicked: footer.copyRequested()
    }

    IconButton {
        size: Theme.controlHeight - Theme.half
        glyphSize: 16
        glyph: "refresh"
        text: qsTr("Answer again")
        enabled: footer.idle
        onClicked: footer.regenerateRequested()
    }

    IconButton {
        objectName: "compareButton"
        visible: footer.turn.comparable
        size: Theme.controlHeight - Theme.half
        glyphSize: 16
        glyph: "columns"
        text: qsTr("Compare with and without adapters")
        enabled: footer.idle || footer.turn.conversation.comparison.running
        onClicked: footer.compareRequested()
    }

    BranchSwitch {
        id: versions

        anchors.verticalCenter: parent.verticalCenter
        index: footer.turn.siblingIndex
        count: footer.turn.siblingCount
        onStepRequested: step => footer.siblingRequested(step)
    }

    ThemedText {
        id: run

        objectName: "runDetails"
        anchors.verticalCenter: parent.verticalCenter
        leftPadding: Theme.half
        width: Math.min(implicitWidth, footer.width - x)
        text: footer.measured
        color: Theme.faint
        font.pixelSize: Theme.smallSize
        elide: Text.ElideRight
        activeFocusOnTab: footer.details !== ""
        Accessible.description: footer.details

        HoverHandler {
            id: hover
        }

        FocusRing {
            shown: run.activeFocus
        }

        ToolTipText {
            y: -height - Theme.half
            text: footer.details
            visible: text !== "" && (hover.hovered || run.activeFocus)
        }
    }
}
