import QtQuick
import QtQuick.Controls.Basic
import "../theme"

// A hairline between groups of an ActionMenu.
MenuSeparator {
    topPadding: 5
    bottomPadding: 5
    leftPadding: 6
    rightPadding: 6
    contentItem: Rectangle {
        implicitWidth: 100
        implicitHeight: 1
        color: Theme.hairline
    }
    background: null
}
