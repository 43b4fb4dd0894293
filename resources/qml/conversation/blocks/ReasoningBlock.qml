pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import "../../components"
import "../../theme"

// What the model thought before its answer, folded under one line.
Column {
    id: block

    required property string html
    required property real seconds
    required property bool finished
    property bool unfolded: false
    readonly property string title: {
        if (!finished)
            return qsTr("Thinking…");
        if (seconds < 1)
            return qsTr("Thought");
        if (seconds < 60)
            return qsTr("Thought for %1 s").arg(Math.round(seconds));
        return qsTr("Thought for %1 min %2 s").arg(Math.floor(seconds / 60)).arg(Math.round(seconds % 60));
    }

    signal foldToggled
    signal linkRequested(string url)

    spacing: Theme.half

    AbstractButton {
        id: header

        implicitWidth: implicitContentWidth + leftPadding + rightPadding
        implicitHeight: Theme.controlHeight - Theme.half
        focusPolicy: Qt.TabFocus
        Accessible.name: block.title
        Accessible.description: block.unfolded ? qsTr("Hide the reasoning") : qsTr("Show the reasoning")
        onClicked: {
            block.foldToggled();
            block.unfolded = !block.unfolded;
        }

        contentItem: Row {
            id: line

            spacing: Theme.half

            ThemedText {
                anchors.verticalCenter: parent.verticalCenter
                text: block.title
                color: header.hovered ? Theme.text : Theme.secondary
                font.pixelSize: Theme.smallSize
            }

            Icon {
                anchors.verticalCenter: parent.verticalCenter
                glyph: "chevron-right"
                size: 14
                color: Theme.secondary
                rotation: block.unfolded ? 90 : 0

                Behavior on rotation {
                    NumberAnimation {
                        duration: Theme.motion
                    }
                }
            }
        }

        HoverHandler {
            cursorShape: Qt.PointingHandCursor
        }

        FocusRing {
            shown: header.visualFocus
        }
    }

    Loader {
        active: block.unfolded
        visible: active
        width: block.width

        sourceComponent: Item {
            implicitHeight: thoughts.implicitHeight

            Rectangle {
                width: 2
                height: parent.height
                radius: 1
                color: Theme.hairline
            }

            TextBlock {
                id: thoughts

                x: Theme.gutter
                width: parent.width - x
                html: block.html
                color: Theme.secondary
                onLinkRequested: url => block.linkRequested(url)
            }
        }
    }
}
