import QtQuick
import QtQuick.Controls.Basic

ApplicationWindow {
    width: 1120
    height: 760
    visible: true

    TextArea {
        objectName: "input"
        anchors.fill: parent
        focus: true
    }
}
