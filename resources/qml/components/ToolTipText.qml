import QtQuick
import QtQuick.Controls.Basic
import "../theme"

// A tooltip: `text`, and in fainter letters the keys that do the same (`keys`, may be empty).
//
// Show it with `visible: control.hovered || control.visualFocus`; the delay is its own.
ToolTip {
    id: tip

    property string keys: ""

    closePolicy: Popup.NoAutoClose // Esc is for what lies below: stop, close, cancel
    delay: 500
    padding: 6
    leftPadding: 9
    rightPadding: 9
    margins: 8
    y: parent ? parent.height + 6 : 0

    contentItem: Row {
        spacing: Theme.unit

        ThemedText {
            width: Math.min(implicitWidth, 320)
            text: tip.text
            wrapMode: Text.Wrap
            font.pixelSize: Theme.smallSize
            color: Theme.page
            Accessible.ignored: true
        }
        ThemedText {
            visible: tip.keys !== ""
            text: tip.keys
            font.pixelSize: Theme.smallSize
            color: Qt.alpha(Theme.page, 0.72)
            Accessible.ignored: true
        }
    }
    background: Rectangle {
        radius: Theme.radiusControl
        color: Theme.text
    }
    enter: Transition {
        NumberAnimation { property: "opacity"; from: 0; to: 1; duration: Theme.motion }
    }
    exit: Transition {
        NumberAnimation { property: "opacity"; to: 0; duration: Theme.motion }
    }
}
