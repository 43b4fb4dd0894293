import QtQuick
import QtQuick.Controls.Basic
import "../theme"

// A row of a navigation: icon and words across the whole width; highlighted while `checked`.
//
// text, glyph, keys (shortcut, shown faintly at the right), checked.
AbstractButton {
    id: button

    property string glyph: ""
    property string keys: ""

    implicitWidth: 200
    implicitHeight: Theme.controlHeight + 2
    leftPadding: 10
    rightPadding: 10
    focusPolicy: Qt.TabFocus
    Accessible.name: text
    Keys.onReturnPressed: click()
    Keys.onEnterPressed: click()

    contentItem: Item {
        Icon {
            id: icon

            anchors.verticalCenter: parent.verticalCenter
            glyph: button.glyph
            color: button.checked || button.hovered ? Theme.text : Theme.secondary
        }
        ThemedText {
            anchors.left: icon.right
            anchors.leftMargin: 10
            anchors.right: keyText.left
            anchors.verticalCenter: parent.verticalCenter
            text: button.text
            elide: Text.ElideRight
            font.pixelSize: Theme.controlSize
            Accessible.ignored: true
        }
        ThemedText {
            id: keyText

            anchors.right: parent.right
            anchors.verticalCenter: parent.verticalCenter
            opacity: button.hovered || button.visualFocus ? 1 : 0
            text: button.keys
            font.pixelSize: Theme.smallSize
            color: Theme.faint
            Accessible.ignored: true
        }
    }
    background: Rectangle {
        radius: Theme.radiusControl
        color: button.pressed || button.checked ? Theme.pressed : button.hovered ? Theme.hover : "transparent"

        FocusRing { shown: button.visualFocus; innerRadius: parent.radius; offset: -2 }
    }

    HoverHandler { cursorShape: Qt.PointingHandCursor }
}
