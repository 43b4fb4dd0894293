import QtQuick
import QtQuick.Controls.Basic
import "../components"
import "../theme"

// Which LoRA adapters the next answers are made with; a click opens their picker.
//
// adapters: an AdapterViewModel. maximumWidth: px beyond which the words are elided.
AbstractButton {
    id: pill

    required property var adapters
    property real maximumWidth: 28 * Theme.unit
    readonly property color ink: adapters.unsuited ? Theme.danger : adapters.nUsed > 0 ? Theme.accent : Theme.secondary
    readonly property string spoken: adapters.nUsed > 0 ? adapters.words : qsTr("none in use")

    objectName: "adapterPill"
    text: adapters.nUsed === 0 ? qsTr("Adapters") : adapters.nUsed === 1 ? adapters.words : qsTr("%1 adapters").arg(adapters.nUsed)
    implicitWidth: implicitContentWidth + leftPadding + rightPadding
    implicitHeight: Theme.controlHeight
    leftPadding: Theme.unit
    rightPadding: Theme.unit
    focusPolicy: Qt.TabFocus
    Accessible.name: qsTr("Adapters: %1").arg(spoken)
    Accessible.description: adapters.unsuited ? qsTr("Not all of them can be used with this model.") : ""

    contentItem: Row {
        spacing: Theme.half + 2

        Icon {
            id: mark

            anchors.verticalCenter: parent.verticalCenter
            glyph: pill.adapters.unsuited ? "alert" : "sliders"
            size: 15
            color: pill.ink
        }

        ThemedText {
            anchors.verticalCenter: parent.verticalCenter
            width: Math.min(implicitWidth, Math.max(0, pill.maximumWidth - mark.width - 3 * Theme.unit))
            text: pill.text
            color: pill.hovered ? Theme.text : pill.adapters.nUsed > 0 ? pill.ink : Theme.secondary
            font.pixelSize: Theme.smallSize
            elide: Text.ElideMiddle
        }
    }

    background: Rectangle {
        radius: height / 2
        color: pill.pressed ? Theme.pressed : pill.hovered ? Theme.hover : "transparent"

        FocusRing {
            shown: pill.visualFocus
            innerRadius: parent.radius
            offset: 0
        }
    }

    HoverHandler {
        cursorShape: Qt.PointingHandCursor
    }

    ToolTipText {
        y: -height - Theme.half
        text: pill.adapters.words
        visible: text !== "" && text !== pill.text && pill.hovered && !pill.pressed
    }
}
