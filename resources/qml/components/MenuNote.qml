import QtQuick
import QtQuick.Controls.Basic
import "../theme"

// Small words above a group of an ActionMenu, which cannot be chosen.
MenuItem {
    id: note

    implicitWidth: words.implicitWidth + leftPadding + rightPadding
    implicitHeight: Theme.controlHeight - Theme.unit
    leftPadding: 10
    rightPadding: 12
    enabled: false
    indicator: null
    arrow: null
    Accessible.role: Accessible.StaticText
    Accessible.name: text

    contentItem: ThemedText {
        id: words

        text: note.text
        color: Theme.faint
        font.pixelSize: Theme.smallSize
        verticalAlignment: Text.AlignVCenter
        Accessible.ignored: true
    }
    background: null
}
