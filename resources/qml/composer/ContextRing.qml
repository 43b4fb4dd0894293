import QtQuick
import QtQuick.Shapes
import "../components"
import "../theme"

// How full the model's context is, from the engine's own count; absent while that is unknown.
Item {
    id: ring

    required property var conversation
    readonly property real share: conversation.contextSize > 0 ? Math.min(1, conversation.contextUsed / conversation.contextSize) : 0
    readonly property color ink: share > 0.85 ? Theme.warning : Theme.accent
    readonly property string words: qsTr("%1 of %2 tokens").arg(grouped(conversation.contextUsed)).arg(grouped(conversation.contextSize))
    readonly property string breakdown: [words, conversation.contextSystem > 0 ? qsTr("System prompt: %1").arg(grouped(conversation.contextSystem)) : "", conversation.contextCached > 0 ? qsTr("Kept in memory: %1").arg(grouped(conversation.contextCached)) : "", share > 0.85 ? qsTr("The context is nearly full.") : ""].filter(line => line !== "").join("\n")

    function grouped(count: int): string {
        return Number(count).toLocaleString(Qt.locale(), "f", 0);
    }

    objectName: "contextRing"
    visible: conversation.contextSize > 0
    implicitWidth: Theme.controlHeight
    implicitHeight: Theme.controlHeight
    activeFocusOnTab: true
    Accessible.role: Accessible.Indicator
    Accessible.name: qsTr("Context")
    Accessible.description: breakdown

    Shape {
        anchors.centerIn: parent
        width: 18
        height: 18
        preferredRendererType: Shape.CurveRenderer

        ShapePath {
            fillColor: "transparent"
            strokeColor: Theme.hairline
            strokeWidth: 2.4

            PathAngleArc {
                centerX: 9
                centerY: 9
                radiusX: 7
                radiusY: 7
                sweepAngle: 360
            }
        }

        ShapePath {
            fillColor: "transparent"
            strokeColor: ring.ink
            strokeWidth: 2.4
            capStyle: ShapePath.RoundCap

            PathAngleArc {
                centerX: 9
                centerY: 9
                radiusX: 7
                radiusY: 7
                startAngle: -90
                sweepAngle: Math.max(1, 360 * ring.share)
            }
        }
    }

    FocusRing {
        shown: ring.activeFocus
        offset: 0
    }

    HoverHandler {
        id: hover
    }

    ToolTipText {
        y: -height - Theme.half
        text: ring.breakdown
        visible: hover.hovered || ring.activeFocus
    }
}
