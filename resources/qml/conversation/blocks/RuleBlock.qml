import QtQuick
import "../../theme"

// A thematic break.
Item {
    implicitHeight: 2 * Theme.unit + 1
    Accessible.role: Accessible.Separator

    Rectangle {
        anchors.verticalCenter: parent.verticalCenter
        width: parent.width
        height: 1
        color: Theme.hairline
    }
}
