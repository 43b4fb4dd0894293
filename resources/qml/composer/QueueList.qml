pragma ComponentBehavior: Bound

import QtQuick
import "../components"
import "../theme"

// Questions that wait for the answer under way.
Column {
    id: list

    required property var conversation

    signal editRequested(string text)
    signal removed

    Accessible.role: Accessible.List
    Accessible.name: qsTr("Waiting questions")
    visible: rows.count > 0

    Repeater {
        id: rows

        model: list.conversation.queue

        Item {
            id: row

            required property string requestId
            required property string text
            required property int nPictures
            readonly property string words: text.replace(/\s+/g, " ")
            readonly property string pictures: nPictures > 0 ? qsTr("%n picture(s)", "", nPictures) : ""

            width: list.width
            implicitHeight: Theme.controlHeight
            Accessible.role: Accessible.ListItem
            Accessible.name: qsTr("Waiting: %1").arg([words, pictures].filter(part => part !== "").join(", "))

            Icon {
                id: mark

                anchors.left: parent.left
                anchors.leftMargin: Theme.gutter
                anchors.verticalCenter: parent.verticalCenter
                width: visible ? size : 0
                visible: row.nPictures > 0
                size: 15
                glyph: "picture"
            }

            ThemedText {
                anchors.left: mark.right
                anchors.right: actions.left
                anchors.leftMargin: mark.visible ? Theme.unit : 0
                anchors.rightMargin: Theme.unit
                anchors.verticalCenter: parent.verticalCenter
                text: row.words === "" ? row.pictures : row.words
                color: Theme.secondary
                font.pixelSize: Theme.controlSize
                elide: Text.ElideRight
                Accessible.ignored: true
            }

            Row {
                id: actions

                anchors.right: parent.right
                anchors.rightMargin: Theme.unit
                anchors.verticalCenter: parent.verticalCenter

                IconButton {
                    size: Theme.controlHeight - Theme.half
                    glyphSize: 15
                    glyph: "edit"
                    text: qsTr("Edit")
                    onClicked: list.editRequested(list.conversation.editQueued(row.requestId))
                }

                IconButton {
                    size: Theme.controlHeight - Theme.half
                    glyphSize: 15
                    glyph: "close"
                    text: qsTr("Remove")
                    onClicked: {
                        list.conversation.removeQueued(row.requestId);
                        list.removed();
                    }
                }
            }

            Rectangle {
                anchors.bottom: parent.bottom
                x: Theme.gutter
                width: parent.width - 2 * Theme.gutter
                height: 1
                color: Theme.hairline
            }
        }
    }
}
