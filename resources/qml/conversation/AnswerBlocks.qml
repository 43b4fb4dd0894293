pragma ComponentBehavior: Bound

import QtQuick
import "../theme"

// The blocks of one answer, page by page. While it streams only the last one changes; the others are left alone.
//
// pages: an AnswerModel. turn: the row of the messages that it stands in. view: their list.
Column {
    id: answer

    required property var pages
    required property Item turn
    required property ListView view
    // What is within a screen of what is seen. The renderer walks over everything in the scene for every frame, so
    // pages further away leave it.
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

            width: answer.width
            implicitHeight: blocks.height

            BlockPage {
                id: blocks

                width: parent.width
                visible: slot.y + height > answer.nearFrom && slot.y < answer.nearTo
                model: slot.page
                onCopyRequested: text => answer.copyRequested(text)
                onFoldToggled: answer.foldToggled()
                onLinkRequested: url => answer.linkRequested(url)
            }
        }
    }
}
