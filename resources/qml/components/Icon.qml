import QtQuick
import QtQuick.Controls.impl
import "../theme"

// A line icon of resources/icons/ui, in one colour.
//
// glyph: file name without its suffix; empty shows nothing. size: logical px. color: of the strokes.
IconImage {
    id: icon

    property int size: 18
    property string glyph: ""

    width: size
    height: size
    source: glyph === "" ? "" : Qt.resolvedUrl("../../icons/ui/" + glyph + ".svg")
    sourceSize: Qt.size(size, size)
    color: Theme.secondary
    Accessible.ignored: true
}
