pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import "../components"
import "../theme"

// From here on the model reads less of the conversation, or more: a line above the answer, and the summary folded
// under it, where there is one.
//
// words: what happened. summary: what the model reads in place of the oldest messages; empty for nothing.
Column {
    id: room

    required property string words
    required property string summary
    property bool unfolded: false

    signal foldToggled

    spacing: Theme.unit

    AbstractButton {
        id: header

        width: parent.width
        enabled: room.summary !== ""
        focusPolicy: enabled ? Qt.TabFocus : Qt.NoFocus
        padding: 0
        Accessible.role: enabled ? Accessible.Button : Accessible.StaticText
        Accessible.name: room.words
        Accessible.description: !enabled ? "" : room.unfolded ? qsTr("Hide the summary") : qsTr("Show the summary")
        onClicked: {
            room.foldToggled();
            room.unfolded = !room.unfolded;
        }

        contentItem: Row {
            spacing: Theme.unit

            Rectangle {
                anchors.verticalCenter: parent.verticalCenter
                width: 2 * Theme.gutter
                height: 1
                color: Theme.hairline
            }

            ThemedText {
                anchors.verticalCenter: parent.verticalCenter
                width: Math.min(implicitWidth, room.width - 2 * Theme.gutter - 14 - 2 * Theme.unit)
                text: room.words
                color: header.hovered ? Theme.text : Theme.secondary
                font.pixelSize: Theme.smallSize
                wrapMode: Text.Wrap
                Accessible.ignored: true
            }

            Icon {
                anchors.verticalCenter: parent.verticalCenter
                visible: room.summary !== ""
                glyph: "chevron-right"
                size: 14
                color: Theme.secondary
                rotation: room.unfolded ? 90 : 0
            }
        }

        HoverHandler {
            enabled: header.enabled
            cursorShape: Qt.PointingHandCursor
        }

        FocusRing {
            shown: header.visualFocus
        }
    }

    Loader {
        active: room.unfolded
        visible: active
        width: room.width

        sourceComponent: Item {
            implicitHeight: told.implicitHeight

            Rectangle {
                width: 2
                height: parent.height
                radius: 1
                color: Theme.hairline
            }

            ThemedText {
                id: told

                x: Theme.gutter
                width: parent.width - x
                text: room.summary
                textFormat: Text.PlainText
                color: Theme.secondary
                font.pixelSize: Theme.controlSize
                wrapMode: Text.Wrap
                lineHeight: Theme.lineHeight
            }
        }
    }
}
