pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import "../theme"

// A square button that shows one icon.
//
// glyph: icon name. text: what it does; its accessible name and tooltip. keys: its shortcut, for the tooltip.
// size: side in px. glyphSize. glyphColor: colour at rest. danger: turns red under the pointer.
// filled: accent background (Send, Stop). A click leaves the keyboard focus where it was.
AbstractButton {
    id: button

    property string glyph: ""
    property string keys: ""
    property int size: 32
    property int glyphSize: 18
    property color glyphColor: Theme.secondary
    property bool danger: false
    property bool filled: false

    implicitWidth: size
    implicitHeight: size
    padding: 0
    focusPolicy: Qt.TabFocus
    opacity: enabled ? 1 : 0.4
    Accessible.name: text
    Keys.onReturnPressed: click()
    Keys.onEnterPressed: click()
    onPressed: tip.over = true

    contentItem: Item {
        Icon {
            anchors.centerIn: parent
            glyph: button.glyph
            size: button.glyphSize
            color: button.filled ? Theme.accentText : !button.hovered ? button.glyphColor : button.danger ? Theme.danger : Theme.text
        }
    }
    background: Rectangle {
        radius: Theme.radiusControl
        color: button.filled ? Theme.accent : button.checked ? Theme.pressed : "transparent"

        Rectangle {
            anchors.fill: parent
            radius: parent.radius
            color: button.pressed ? Theme.pressed : button.hovered ? (button.danger ? Theme.dangerWash : Theme.hover) : "transparent"
        }
        FocusRing { shown: button.visualFocus; innerRadius: parent.radius; offset: 0 }
    }

    HoverHandler { cursorShape: Qt.PointingHandCursor; enabled: button.enabled }
    // Made when it is first wanted: a popup for every button would cost more than the buttons.
    Loader {
        id: tip

        readonly property bool wanted: (button.hovered || button.visualFocus) && button.text !== ""
        // Once pressed, the button has been understood: what it opens must not lie under its tooltip.
        property bool over: false

        active: false
        onWantedChanged: {
            over = false;
            active = active || wanted;
        }
        sourceComponent: ToolTipText {
            parent: button
            text: button.text
            keys: button.keys
            visible: tip.wanted && !tip.over
        }
    }
}
