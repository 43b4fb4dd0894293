import QtQuick
import QtQuick.Controls.Basic
import "../theme"

// A surface with a hairline around what it holds: one child that fills it.
//
// padding (default 16). color: of the surface. outline: of the hairline.
Pane {
    id: card

    property color color: Theme.surface
    property color outline: Theme.hairline

    padding: Theme.gutter
    background: Rectangle {
        radius: Theme.radiusCard
        color: card.color
        border.width: 1
        border.color: card.outline
    }
}
