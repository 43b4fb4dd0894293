import QtQuick
import "../theme"

// Takes files that are dropped anywhere on it, and says so while they hang above it.
//
// sees: pictures are welcome too. filesDropped(urls): file addresses only; text goes on to whatever is below.
DropArea {
    id: zone

    property bool sees: false

    signal filesDropped(var urls)

    onEntered: drag => drag.accepted = drag.hasUrls
    onDropped: drop => {
        if (drop.hasUrls)
            zone.filesDropped(drop.urls);
    }

    Rectangle {
        anchors.fill: parent
        visible: zone.containsDrag
        color: Qt.alpha(Theme.page, 0.96)

        Rectangle {
            anchors.fill: parent
            anchors.margins: Theme.gutter
            radius: Theme.radiusComposer
            color: Theme.accentWash
            border.width: 2
            border.color: Theme.accent
        }
        Column {
            anchors.centerIn: parent
            spacing: Theme.unit

            Icon {
                anchors.horizontalCenter: parent.horizontalCenter
                glyph: zone.sees ? "picture" : "model"
                size: 32
                color: Theme.accent
            }
            ThemedText {
                text: zone.sees ? qsTr("Drop pictures to ask about them, or a model file (.gguf) to use it") : qsTr("Drop a model file (.gguf) to use it")
                font.pixelSize: Theme.headingSize
            }
        }
    }
}
