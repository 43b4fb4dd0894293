import QtQuick
import QtQuick.Controls.Basic
import "../theme"

// The one main action of a place: filled with the accent.
//
// text. glyph: icon name, may be empty. danger: filled with the colour of danger instead.
AbstractButton {
    id: button

    property string glyph: ""
    property bool danger: false

    implicitWidth: implicitContentWidth + leftPadding + rightPadding
    implicitHeight: Theme.controlHeight
    leftPadding: 14
    rightPadding: 14
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
                size: 17
                color: Theme.accentText
            }
            ThemedText {
                anchors.verticalCenter: parent.verticalCenter
                text: button.text
                color: Theme.accentText
                font.pixelSize: Theme.controlSize
                font.weight: Font.Medium
                Accessible.ignored: true
            }
        }
    }
    background: Rectangle {
        radius: Theme.radiusControl
        color: button.danger ? Theme.danger : Theme.accent

        Rectangle {
            anchors.fill: parent
            radius: parent.radius
            color: button.pressed ? Theme.accentText : button.hovered ? Theme.accentText : "transparent"
            opacity: button.pressed ? 0.18 : 0.09
        }
        FocusRing { shown: button.visualFocus; innerRadius: parent.radius }
    }

    HoverHandler { cursorShape: Qt.PointingHandCursor; enabled: button.enabled }
}
