import QtQuick
import QtQuick.Controls.Basic
import "../theme"

// One line of an ActionMenu.
//
// text. glyph: icon name, may be empty. keys: its shortcut, shown at the right. danger: red. checkable, checked.
MenuItem {
    id: entry

    property string glyph: ""
    property string keys: ""
    property bool danger: false

    implicitWidth: row.implicitWidth + (keyText.visible ? keyText.implicitWidth + 28 : 0) + leftPadding + rightPadding
    implicitHeight: visible ? Theme.controlHeight - 1 : 0
    leftPadding: 10
    rightPadding: 12
    focusPolicy: Qt.TabFocus
    opacity: enabled ? 1 : 0.4
    Accessible.name: text

    indicator: null
    arrow: null
    contentItem: Item {
        Row {
            id: row

            anchors.verticalCenter: parent.verticalCenter
            spacing: 10

            Icon {
                anchors.verticalCenter: parent.verticalCenter
                visible: entry.checkable || entry.glyph !== ""
                // Not another glyph: an icon whose source is emptied shows the old one.
                opacity: entry.checkable && !entry.checked ? 0 : 1
                glyph: entry.checkable ? "check" : entry.glyph
                size: 16
                color: entry.danger ? Theme.danger : Theme.secondary
            }
            ThemedText {
                anchors.verticalCenter: parent.verticalCenter
                text: entry.text
                font.pixelSize: Theme.controlSize
                color: entry.danger ? Theme.danger : Theme.text
                Accessible.ignored: true
            }
        }
        ThemedText {
            id: keyText

            anchors.right: parent.right
            anchors.verticalCenter: parent.verticalCenter
            visible: entry.keys !== ""
            text: entry.keys
            font.pixelSize: Theme.smallSize
            color: Theme.faint
            Accessible.ignored: true
        }
    }
    background: Rectangle {
        radius: Theme.radiusControl
        color: entry.highlighted ? (entry.danger ? Theme.dangerWash : Theme.hover) : "transparent"
    }
}
