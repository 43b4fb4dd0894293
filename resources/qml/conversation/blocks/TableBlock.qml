import QtQuick
import "../../theme"

// A table: as wide as its words up to the column, then folded, then scrolled sideways.
SidewaysView {
    id: block

    required property string html
    readonly property int columns: (html.split("</tr>", 1)[0].match(/<t[hd]\b/g) ?? []).length
    readonly property real narrowest: 15 * Theme.unit * Theme.textScale * columns

    signal linkRequested(string url)

    contentWidth: table.width
    contentHeight: table.height
    Accessible.role: Accessible.Table
    Accessible.name: qsTr("Table")

    TextBlock {
        id: table

        html: block.html
        width: Math.min(implicitWidth, Math.max(block.width, block.narrowest))
        onLinkRequested: url => block.linkRequested(url)
    }
}
