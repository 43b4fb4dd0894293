import QtQuick
import QtQuick.Controls.Basic
import "../theme"

// A number between two ends, set by dragging or with the arrow keys.
//
// value, from, to, stepSize. text: accessible name. home: what a double click goes back to.
// committed(value): the person has moved it; told when the mouse or the key is let go, not on the way.
Slider {
    id: slider

    property string text: ""
    property real home: from
    property real last: value

    signal committed(real value)

    function commit(to: real): void {
        if (to === last)
            return;
        last = to;
        committed(to);
    }

    implicitWidth: 160
    implicitHeight: Theme.controlHeight - Theme.unit
    padding: 0
    focusPolicy: Qt.TabFocus
    snapMode: Slider.SnapAlways
    opacity: enabled ? 1 : 0.4
    Accessible.name: text
    Accessible.onIncreaseAction: {
        increase();
        commit(value);
    }
    Accessible.onDecreaseAction: {
        decrease();
        commit(value);
    }
    onPressedChanged: {
        if (pressed)
            last = value;
        else
            commit(value);
    }

    background: Rectangle {
        x: slider.leftPadding
        y: slider.topPadding + Math.round((slider.availableHeight - height) / 2)
        width: slider.availableWidth
        height: 4
        radius: 2
        color: Qt.tint(Theme.hairline, Qt.alpha(Theme.text, 0.12))

        Rectangle {
            width: slider.visualPosition * parent.width
            height: parent.height
            radius: 2
            color: Theme.accent
        }
    }
    handle: Rectangle {
        x: slider.leftPadding + slider.visualPosition * (slider.availableWidth - width)
        y: slider.topPadding + Math.round((slider.availableHeight - height) / 2)
        width: 16
        height: 16
        radius: 8
        color: slider.pressed ? Theme.accent : Theme.surface
        border.width: 2
        border.color: Theme.accent

        FocusRing { shown: slider.visualFocus; innerRadius: parent.radius }
    }

    HoverHandler { cursorShape: Qt.PointingHandCursor; enabled: slider.enabled }
    TapHandler {
        onDoubleTapped: Qt.callLater(slider.commit, slider.home) // behind what the slider makes of the second click
    }
}
