pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import "../../components"
import "../../theme"

// A run of an answer (paragraphs, lists, headings, quotes) as selectable rich text.
// Tab reaches it when it holds links: Left and Right choose one, Return asks for it.
TextEdit {
    id: block

    required property string html
    readonly property list<string> links: (html.match(/href="[^"]+"/g) ?? []).map(match => match.slice(6, -1).replace(/&amp;/g, "&"))
    property int linkIndex: 0
    property bool focusedByKey: false

    signal linkRequested(string url)

    text: html
    textFormat: TextEdit.RichText
    wrapMode: TextEdit.Wrap
    readOnly: true
    selectByMouse: true
    color: Theme.text
    font.pixelSize: Theme.bodySize
    selectionColor: Theme.selection
    selectedTextColor: Theme.text
    activeFocusOnTab: links.length > 0
    ContextMenu.menu: TextMenu {
        editor: block
    }
    Accessible.name: activeFocus && links.length > 0 ? qsTr("Link %1").arg(links[linkIndex]) : ""

    onLinkActivated: link => linkRequested(link)
    onLinksChanged: linkIndex = 0
    onActiveFocusChanged: focusedByKey = activeFocus && links.length > 0 && !hover.hovered
    Keys.onLeftPressed: linkIndex = Math.max(0, linkIndex - 1)
    Keys.onRightPressed: linkIndex = Math.min(links.length - 1, linkIndex + 1)
    Keys.onReturnPressed: event => event.accepted = openChosenLink()
    Keys.onEnterPressed: event => event.accepted = openChosenLink()

    function openChosenLink(): bool {
        if (links.length === 0)
            return false;
        linkRequested(links[linkIndex]);
        return true;
    }

    HoverHandler {
        id: hover

        cursorShape: block.hoveredLink ? Qt.PointingHandCursor : Qt.IBeamCursor
    }

    Loader {
        anchors.fill: parent
        active: block.focusedByKey

        sourceComponent: FocusRing {
            shown: true

            ToolTipText {
                text: block.links[block.linkIndex] ?? ""
                visible: true
            }
        }
    }
}
