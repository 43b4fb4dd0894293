import QtQuick
import "../theme"

// A thumbnail with a button that takes it away, and its name as a tooltip.
//
// As Thumbnail; name: of the attachment.
Item {
    id: tile

    required property var pictures
    required property string sha256
    required property bool isImage
    required property int pictureWidth
    required property int pictureHeight
    required property string name
    property color ground: Theme.surface

    signal removeRequested

    implicitWidth: 64
    implicitHeight: 64
    Accessible.role: Accessible.ListItem
    Accessible.name: sha256 === "" ? qsTr("%1, being looked at").arg(name) : name
    Accessible.description: thumbnail.failure

    HoverHandler {
        id: hover
    }

    Thumbnail {
        id: thumbnail

        anchors.fill: parent
        pictures: tile.pictures
        sha256: tile.sha256
        isImage: tile.isImage
        pictureWidth: tile.pictureWidth
        pictureHeight: tile.pictureHeight
        ground: tile.ground
    }

    Rectangle {
        anchors.right: parent.right
        anchors.top: parent.top
        anchors.margins: -Theme.half
        width: remove.width
        height: remove.height
        radius: height / 2
        color: Theme.surface
        border.width: 1
        border.color: Theme.hairline

        IconButton {
            id: remove

            size: 22
            glyphSize: 13
            glyph: "close"
            text: qsTr("Remove %1").arg(tile.name)
            Keys.onDeletePressed: click()
            onClicked: tile.removeRequested()
        }
    }

    ToolTipText {
        text: thumbnail.failure === "" ? tile.name : tile.name + "\n" + thumbnail.failure
        visible: hover.hovered && !remove.hovered
    }
}
