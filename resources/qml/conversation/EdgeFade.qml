import QtQuick
import "../theme"

// Lets the messages fade into the page at an edge of the list.
//
// color: of the page. upper: at the upper edge instead of the lower.
Item {
    id: fade

    required property color color
    property bool upper: false

    height: 2 * Theme.unit

    Rectangle {
        anchors.fill: parent
        gradient: Gradient {
            GradientStop {
                position: fade.upper ? 0 : 1
                color: fade.color
            }
            GradientStop {
                position: fade.upper ? 1 : 0
                color: Qt.alpha(fade.color, 0)
            }
        }
    }
}
