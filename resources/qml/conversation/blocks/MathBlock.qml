import QtQuick
import "../../theme"

// A display formula, drawn beforehand and centred.
SidewaysView {
    id: block

    required property string source
    required property string plain
    required property real imageWidth
    required property real imageHeight

    contentWidth: Math.max(width, imageWidth)
    contentHeight: imageHeight + 2 * Theme.half
    Accessible.role: Accessible.Graphic
    Accessible.name: qsTr("Formula: %1").arg(plain)

    Image {
        x: Math.round((block.contentWidth - width) / 2)
        y: Theme.half
        width: block.imageWidth
        height: block.imageHeight
        source: block.source
    }
}
