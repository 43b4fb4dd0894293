import QtQuick
import QtQuick.Controls.Basic
import "../theme"

// A scroll bar: a thin handle without a track, there only while there is something to scroll.
//
// Use: `ScrollBar.vertical: ScrollHandle {}`.
ScrollBar {
    id: bar

    readonly property bool grabbed: hovered || pressed

    padding: 3
    minimumSize: 0.06
    implicitWidth: orientation === Qt.Vertical ? 10 : 60
    implicitHeight: orientation === Qt.Vertical ? 60 : 10
    visible: policy !== ScrollBar.AlwaysOff && size < 1
    focusPolicy: Qt.NoFocus
    Accessible.ignored: true

    contentItem: Rectangle {
        radius: Math.min(width, height) / 2
        color: Theme.text
        opacity: bar.pressed ? 0.42 : bar.hovered ? 0.32 : bar.active ? 0.20 : 0.10

        Behavior on opacity { NumberAnimation { duration: Theme.slowMotion } }
    }
    background: null
}
