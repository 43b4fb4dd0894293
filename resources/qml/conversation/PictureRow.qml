pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import "../components"
import "../theme"

// The pictures of a question; a click opens one in the viewer.
//
// turn: its row. ground: the colour below.
Flow {
    id: row

    required property var turn
    property color ground: Theme.sunken

    signal pictureRequested(int position)

    padding: Theme.gutter
    bottomPadding: Theme.half
    spacing: Theme.unit
    Accessible.role: Accessible.List
    Accessible.name: qsTr("Pictures")

    Repeater {
        // By number: the list is a new one whenever anything of the row changes.
        model: row.turn.pictures.length

        AbstractButton {
            id: picture

            required property int index
            readonly property var shown: row.turn.pictures[index] ?? ({ sha256: "", name: "", isImage: false, width: 0, height: 0 })

            objectName: "questionPicture"
            width: 112
            height: 112
            enabled: shown.isImage
            focusPolicy: Qt.TabFocus
            text: shown.name
            Accessible.name: text
            Accessible.description: thumbnail.failure === "" ? qsTr("Show the picture") : thumbnail.failure
            Keys.onReturnPressed: click()
            Keys.onEnterPressed: click()
            onClicked: row.pictureRequested(index)

            contentItem: Thumbnail {
                id: thumbnail

                pictures: row.turn.conversation.pictures
                sha256: picture.shown.sha256
                isImage: picture.shown.isImage
                pictureWidth: picture.shown.width
                pictureHeight: picture.shown.height
                ground: row.ground
            }

            background: FocusRing {
                shown: picture.visualFocus
                innerRadius: Theme.radiusControl
            }

            HoverHandler {
                id: hover

                cursorShape: Qt.PointingHandCursor
            }

            ToolTipText {
                text: thumbnail.failure === "" ? picture.text : picture.text + "\n" + thumbnail.failure
                visible: hover.hovered
            }
        }
    }
}
