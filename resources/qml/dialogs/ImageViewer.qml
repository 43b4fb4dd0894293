import QtQuick
import QtQuick.Controls.Basic
import "../components"
import "../theme"

// One picture of a conversation, as large as the window allows; Left and Right go to the others, Esc closes.
//
// pictures: a PictureFiles. shown: what MessageListModel.allPictures() gave. index: which of them.
Popup {
    id: viewer

    required property var pictures
    required property var shown
    required property int index
    readonly property var current: shown[index]
    property string failure: ""

    function step(by: int): void {
        index = Math.max(0, Math.min(shown.length - 1, index + by));
    }

    // That of the preview; of a size with another shape Qt would make a larger picture that covers it.
    function decodedSize(): size {
        const scale = Math.min(1, 2048 / Math.max(1, current.width, current.height));
        return Qt.size(Math.ceil(scale * current.width), Math.ceil(scale * current.height));
    }

    function look(): void {
        failure = "";
        picture.source = pictures.address("preview", current.sha256);
    }

    objectName: "imageViewer"
    parent: Overlay.overlay
    width: parent ? parent.width : 0
    height: parent ? parent.height : 0
    padding: Theme.gutter
    modal: true
    focus: true
    popupType: Popup.Item
    closePolicy: Popup.CloseOnEscape
    onCurrentChanged: look()
    Component.onCompleted: {
        look();
        open();
    }

    Connections {
        target: viewer.pictures

        function onFound(size: string, sha256: string, address: string): void {
            if (size === "preview" && sha256 === viewer.current.sha256) {
                viewer.failure = "";
                picture.source = address;
            }
        }

        function onFailed(size: string, sha256: string, words: string): void {
            if (size === "preview" && sha256 === viewer.current.sha256)
                viewer.failure = words;
        }
    }

    background: Rectangle { color: Theme.page }
    contentItem: FocusScope {
        focus: true
        Accessible.role: Accessible.Dialog
        Accessible.name: viewer.current.name
        Keys.onLeftPressed: viewer.step(-1)
        Keys.onRightPressed: viewer.step(1)
        Keys.onPressed: event => {
            event.accepted = event.key === Qt.Key_Home || event.key === Qt.Key_End;
            if (event.accepted)
                viewer.step(event.key === Qt.Key_Home ? -viewer.shown.length : viewer.shown.length);
        }

        Item {
            id: head

            width: parent.width
            height: Theme.controlHeight

            ThemedText {
                anchors.verticalCenter: parent.verticalCenter
                width: parent.width - place.width - closeButton.width - 2 * Theme.gutter
                text: viewer.current.name
                elide: Text.ElideMiddle
                font.pixelSize: Theme.controlSize
            }
            ThemedText {
                id: place

                anchors.verticalCenter: parent.verticalCenter
                anchors.right: closeButton.left
                anchors.rightMargin: Theme.gutter
                visible: viewer.shown.length > 1
                text: qsTr("%1/%2").arg(viewer.index + 1).arg(viewer.shown.length)
                color: Theme.secondary
                font.pixelSize: Theme.controlSize
                Accessible.name: qsTr("Picture %1 of %2").arg(viewer.index + 1).arg(viewer.shown.length)
            }
            IconButton {
                id: closeButton

                anchors.right: parent.right
                anchors.verticalCenter: parent.verticalCenter
                focus: true
                glyph: "close"
                text: qsTr("Close")
                keys: qsTr("Esc")
                onClicked: viewer.close()
            }
        }
        Item {
            id: space

            anchors.top: head.bottom
            anchors.topMargin: Theme.unit
            anchors.bottom: parent.bottom
            x: back.width + Theme.unit
            width: parent.width - 2 * x

            Image {
                id: picture

                // Never larger than it is.
                readonly property real shrinking: Math.min(1, space.width / viewer.current.width, space.height / viewer.current.height)

                objectName: "viewedPicture"
                anchors.centerIn: parent
                width: Math.round(viewer.current.width * shrinking)
                height: Math.round(viewer.current.height * shrinking)
                asynchronous: true
                fillMode: Image.PreserveAspectFit
                sourceSize: viewer.decodedSize()
                onStatusChanged: {
                    if (status === Image.Error)
                        viewer.pictures.redraw("preview", viewer.current.sha256, source);
                }
                Accessible.role: Accessible.Graphic
                Accessible.name: viewer.current.name
            }
        }
        Spinner {
            anchors.centerIn: space
            running: viewer.failure === "" && picture.status !== Image.Ready
            size: 24
        }
        ThemedText {
            anchors.centerIn: space
            width: Math.min(implicitWidth, space.width)
            text: viewer.failure
            wrapMode: Text.Wrap
            color: Theme.danger
            Accessible.role: Accessible.AlertMessage
        }
        IconButton {
            id: back

            anchors.verticalCenter: space.verticalCenter
            size: 40
            visible: viewer.shown.length > 1
            enabled: viewer.index > 0
            glyph: "chevron-left"
            text: qsTr("Picture before")
            keys: qsTr("Left")
            onClicked: viewer.step(-1)
        }
        IconButton {
            anchors.right: parent.right
            anchors.verticalCenter: space.verticalCenter
            size: 40
            visible: viewer.shown.length > 1
            enabled: viewer.index < viewer.shown.length - 1
            glyph: "chevron-right"
            text: qsTr("Next picture")
            keys: qsTr("Right")
            onClicked: viewer.step(1)
        }
    }
    enter: Transition {
        NumberAnimation { property: "opacity"; from: 0; to: 1; duration: Theme.motion }
    }
    exit: Transition {
        NumberAnimation { property: "opacity"; to: 0; duration: Theme.motion }
    }
}
