import QtQuick
import "../theme"

// The ring around the control that has the keyboard: 2 px of accent, 2 px away from the control.
//
// shown: usually `control.visualFocus`. innerRadius: the control's own corner radius. offset: gap in px;
// negative draws the ring inside, for rows that touch each other.
Rectangle {
    id: ring

    property bool shown: false
    property int innerRadius: Theme.radiusControl
    property int offset: 2

    anchors.fill: parent
    anchors.margins: -(offset + (offset < 0 ? 0 : border.width))
    radius: offset < 0 ? innerRadius : innerRadius + offset + border.width
    color: "transparent"
    border.width: 2
    border.color: Theme.accent
    visible: shown
    z: 1
}
