pragma ComponentBehavior: Bound

import QtQuick
import "../theme"

// The blocks of one answer, page by page. While it streams only the last one changes; the others are left alone.
//
// pages: an AnswerModel. turn: the item of the view that it stands in. view: what is scrolled.
Column {
    id: answer

    required property var pages
    required property Item turn
    required property Flickable view
    // What is within a screen of what is seen. The renderer walks over everything in the scene for every frame, also
    // over what is not visible, so pages further away leave it once their height is known.
    readonly property real nearFrom: view ? view.contentY - turn.y - view.height : 0
    readonly property real nearTo: view ? view.contentY - turn.y + 2 * view.height : 0

    signal copyRequested(string text)
    signal foldToggled
    signal linkRequested(string url)

    spacing: Theme.unit + Theme.half

    Repeater {
        model: answer.pages

        delegate: Item {
            id: slot

            required property var page
            readonly property bool near: y + height > answer.nearFrom && y < answer.nearTo

            width: answer.width
            implicitHeight: blocks.height
            onWidthChanged: settling.restart()

            // Qt lays out only what is in the scene: what changes a page's height brings it back for a moment.
            Timer {
                id: settling

                interval: 250
                running: true
            }

            Connections {
                target: slot.page

                function onDataChanged() {
                    settling.restart();
                }

                function onRowsInserted() {
                    settling.restart();
                }

                function onRowsRemoved() {
                    settling.restart();
                }
            }

            BlockPage {
                id: blocks

                parent: slot.near || settling.running ? slot : null
                width: slot.width
                visible: slot.near
                model: slot.page
                onCopyRequested: text => answer.copyRequested(text)
                onFoldToggled: answer.foldToggled()
                onLinkRequested: url => answer.linkRequested(url)
            }
        }
    }
}
