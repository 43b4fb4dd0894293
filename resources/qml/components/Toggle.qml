import QtQuick
import QtQuick.Controls.Basic
import "../theme"

// A switch. checked; toggled(). text: accessible name (not shown; the words stand beside it).
Switch {
    id: toggle

    implicitWidth: 38
    implicitHeight: 22
    padding: 0
    focusPolicy: Qt.TabFocus
    opacity: enabled ? 1 : 0.4
    Accessible.name: text

    indicator: Rectangle {
        width: 38
        height: 22
        radius: 11
        color: toggle.checked ? Theme.accent : Qt.tint(Theme.hairline, Qt.alpha(Theme.text, 0.12))

        Behavior on color { ColorAnimation { duration: Theme.motion } }

        Rectangle {
            x: 3 + toggle.visualPosition * 16
            y: 3
            width: 16
            height: 16
            radius: 8
            color: toggle.checked ? Theme.accentText : Theme.surface

            Behavior on x {
                enabled: !toggle.pressed
                NumberAnimation { duration: Theme.motion; easing.type: Easing.OutCubic }
            }
        }
        FocusRing { shown: toggle.visualFocus; innerRadius: parent.radius }
    }
    contentItem: null
    background: null

    HoverHandler { cursorShape: Qt.PointingHandCursor; enabled: toggle.enabled }
}
