import QtQuick
import "../components"
import "../theme"

// Which LoRA adapters an answer was made with; absent where there are none.
//
// words: the adapters and their strengths. maximumWidth: px beyond which they are elided.
Rectangle {
    id: chip

    required property string words
    property real maximumWidth: 40 * Theme.unit

    objectName: "adapterChip"
    visible: words !== ""
    implicitWidth: row.implicitWidth + 2 * Theme.unit
    implicitHeight: row.implicitHeight + Theme.half
    radius: height / 2
    color: Theme.accentWash
    Accessible.role: Accessible.StaticText
    Accessible.name: qsTr("Made with adapters: %1").arg(words)

    Row {
        id: row

        anchors.centerIn: parent
        spacing: Theme.half

        Icon {
            id: mark

            anchors.verticalCenter: parent.verticalCenter
            glyph: "sliders"
            size: 13
            color: Theme.accent
        }

        ThemedText {
            id: label

            width: Math.min(implicitWidth, Math.max(0, chip.maximumWidth - mark.width - Theme.half - 2 * Theme.unit))
            text: chip.words
            color: Theme.accent
            font.pixelSize: Theme.smallSize
            elide: Text.ElideMiddle
            Accessible.ignored: true
        }
    }

    HoverHandler {
        id: hover
    }

    ToolTipText {
        y: -height - Theme.half
        text: chip.words
        visible: hover.hovered && label.truncated
    }
}
