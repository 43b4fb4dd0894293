pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import "../theme"

// A quiet button: words, optionally with an icon before them, no box until the pointer is on it.
//
// text. glyph: icon name, may be empty. tone: "plain", "accent" or "danger". outlined: hairline box and surface.
// keys: its shortcut, shown in a tooltip. compact: small letters and 28 px high.
AbstractButton {
    id: button

    property string glyph: ""
    property string tone: "plain"
    property string keys: ""
    property bool outlined: false
    property bool compact: false
    readonly property color ink: tone === "accent" ? Theme.accent : tone === "danger" ? Theme.danger : Theme.text

    implicitWidth: implicitContentWidth + leftPadding + rightPadding
    implicitHeight: compact ? Theme.controlHeight - 4 : Theme.controlHeight
    leftPadding: compact ? 8 : 12
    rightPadding: leftPadding
    spacing: 7
    focusPolicy: Qt.TabFocus
    opacity: enabled ? 1 : 0.4
    Accessible.name: text
    Keys.onReturnPressed: click()
    Keys.onEnterPressed: click()

    contentItem: Item {
        implicitWidth: row.implicitWidth
        implicitHeight: row.implicitHeight

        Row {
            id: row

            anchors.centerIn: parent
            spacing: button.spacing

            Icon {
                anchors.verticalCenter: parent.verticalCenter
                visible: button.glyph !== ""
                glyph: button.glyph
                size: button.compact ? 15 : 17
                color: button.tone === "plain" ? Theme.secondary : button.ink
            }
            ThemedText {
                anchors.verticalCenter: parent.verticalCenter
                visible: button.text !== ""
                text: button.text
                color: button.ink
                font.pixelSize: button.compact ? Theme.smallSize : Theme.controlSize
                Accessible.ignored: true
            }
        }
    }
    background: Rectangle {
        radius: Theme.radiusControl
        color: button.outlined ? Theme.surface : "transparent"
        border.width: button.outlined ? 1 : 0
        border.color: Theme.hairline

        Rectangle {
            anchors.fill: parent
            radius: parent.radius
            color: button.pressed ? Theme.pressed : !button.hovered ? "transparent" : button.tone === "danger" ? Theme.dangerWash : Theme.hover
        }
        FocusRing { shown: button.visualFocus; innerRadius: parent.radius }
    }

    HoverHandler { cursorShape: Qt.PointingHandCursor; enabled: button.enabled }
    Loader {
        active: button.keys !== ""
        sourceComponent: ToolTipText {
            parent: button
            text: button.text
            keys: button.keys
            visible: (button.hovered || button.visualFocus) && !button.pressed
        }
    }
}
