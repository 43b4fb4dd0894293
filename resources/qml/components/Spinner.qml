import QtQuick
import "../theme"

// Something is under way.
//
// running, size (px), color. It turns in twelve steps a second rather than smoothly: a hundredth of the cost,
// because each frame may redraw the whole window. Without motion it stands still.
Item {
    id: spinner

    property bool running: true
    property int size: 16
    property color color: Theme.secondary

    implicitWidth: size
    implicitHeight: size
    visible: running
    Accessible.ignored: true

    Icon {
        id: wheel

        glyph: "spinner"
        size: spinner.size
        color: spinner.color
    }
    Timer {
        interval: 83
        repeat: true
        running: spinner.running && spinner.visible && !Theme.reduceMotion
        onTriggered: wheel.rotation = (wheel.rotation + 45) % 360
    }
}
