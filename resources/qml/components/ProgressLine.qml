import QtQuick
import QtQuick.Controls.Basic
import "../theme"

// How far something is: a 3-px line.
//
// value 0..1; indeterminate: how far is not known. label: accessible name.
ProgressBar {
    id: bar

    property string label: ""

    implicitWidth: 160
    implicitHeight: 3
    Accessible.name: label

    background: Rectangle {
        radius: 1.5
        color: Theme.hairline
    }
    contentItem: Item {
        clip: true

        Rectangle {
            id: fill

            property real phase: 0

            x: bar.indeterminate ? phase * (bar.width - width) : 0
            width: bar.indeterminate ? bar.width * 0.3 : bar.visualPosition * bar.width
            height: parent.height
            radius: 1.5
            color: Theme.accent

            Behavior on width {
                enabled: !bar.indeterminate && Theme.motion > 0
                NumberAnimation { duration: Theme.motion }
            }
            SequentialAnimation on phase {
                running: bar.indeterminate && bar.visible && !Theme.reduceMotion
                loops: Animation.Infinite
                NumberAnimation { from: 0; to: 1; duration: 900; easing.type: Easing.InOutQuad }
                NumberAnimation { from: 1; to: 0; duration: 900; easing.type: Easing.InOutQuad }
            }
        }
    }
}
