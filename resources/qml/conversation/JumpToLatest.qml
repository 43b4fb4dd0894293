import QtQuick
import QtQuick.Controls.Basic
import "../components"
import "../theme"

// Floats over the messages while their end is out of sight.
AbstractButton {
    id: button

    objectName: "jumpToLatest"
    text: qsTr("Jump to latest")
    implicitWidth: implicitContentWidth + leftPadding + rightPadding
    implicitHeight: Theme.controlHeight
    leftPadding: Theme.unit + Theme.half
    rightPadding: Theme.gutter - 2
    focusPolicy: Qt.TabFocus
    Accessible.name: text
    Keys.onReturnPressed: click()
    Keys.onEnterPressed: click()

    contentItem: Row {
        spacing: Theme.half

        Icon {
            anchors.verticalCenter: parent.verticalCenter
            glyph: "arrow-down"
            size: 16
        }

        ThemedText {
            anchors.verticalCenter: parent.verticalCenter
            text: button.text
            font.pixelSize: Theme.smallSize
        }
    }

    background: FloatingSurface {
        radius: height / 2

        Rectangle {
            anchors.fill: parent
            radius: parent.radius
            color: button.pressed ? Theme.pressed : button.hovered ? Theme.hover : "transparent"
        }

        FocusRing {
            shown: button.visualFocus
            innerRadius: parent.radius
        }
    }

    HoverHandler {
        cursorShape: Qt.PointingHandCursor
    }
}
