import QtQuick
import "../theme"

// A small square picture of an attachment; an icon where there is none, a spinner while it is not known yet.
//
// pictures: a PictureFiles. sha256: of the attachment, known to it; empty while the file is looked at.
// failure: why there is no picture; empty for nothing. isImage: else it is a sound. pictureWidth, pictureHeight: of the original, px. ground: the colour below, which rounds the corners.
Item {
    id: thumbnail

    required property var pictures
    required property string sha256
    required property bool isImage
    required property int pictureWidth
    required property int pictureHeight
    property color ground: Theme.surface
    property string failure: ""

    function look(): void {
        failure = "";
        picture.source = sha256 === "" ? "" : pictures.address("thumbnail", sha256);
    }

    // Sharp on a fine screen. Of a size with another shape Qt would make a larger picture that covers it, of a thin one
    // a huge one.
    function decodedSize(): size {
        const short = Math.max(1, Math.min(pictureWidth, pictureHeight));
        const long = Math.max(1, pictureWidth, pictureHeight);
        const scale = Math.min(1, 2 * width / short, 8 * width / long);
        return Qt.size(Math.ceil(scale * pictureWidth), Math.ceil(scale * pictureHeight));
    }

    Component.onCompleted: look()
    onSha256Changed: look()

    Connections {
        target: thumbnail.pictures

        function onFound(size: string, sha256: string, address: string): void {
            if (size === "thumbnail" && sha256 === thumbnail.sha256) {
                thumbnail.failure = "";
                picture.source = address;
            }
        }

        function onFailed(size: string, sha256: string, words: string): void {
            if (size === "thumbnail" && sha256 === thumbnail.sha256)
                thumbnail.failure = words;
        }
    }

    Rectangle {
        anchors.fill: parent
        color: Theme.hover
    }

    Image {
        id: picture

        anchors.fill: parent
        asynchronous: true
        fillMode: Image.PreserveAspectCrop
        sourceSize: thumbnail.decodedSize()
        onStatusChanged: {
            if (status === Image.Error)
                thumbnail.pictures.redraw("thumbnail", thumbnail.sha256, source);
        }
        Accessible.ignored: true
    }

    Icon {
        anchors.centerIn: parent
        visible: glyph !== ""
        glyph: thumbnail.failure !== "" ? "alert" : thumbnail.sha256 !== "" && !thumbnail.isImage ? "sound" : ""
    }

    Spinner {
        anchors.centerIn: parent
        running: thumbnail.failure === "" && (thumbnail.sha256 === "" || (thumbnail.isImage && picture.status !== Image.Ready))
    }

    // A frame in the colour of the ground: a mask for round corners would need a graphics card.
    Rectangle {
        anchors.fill: parent
        anchors.margins: -3
        radius: Theme.radiusControl + 4
        color: "transparent"
        border.width: 4
        border.color: thumbnail.ground
    }
}
