pragma ComponentBehavior: Bound

import QtQuick
import "../theme"

// The background of whatever floats above the page: surface, hairline and a soft shadow.
//
// radius, color. The shadow is translucent rectangles: no shader, so it also works without a graphics card.
Rectangle {
    id: floating

    radius: Theme.radiusCard
    color: Theme.surface
    border.width: 1
    border.color: Theme.hairline

    Repeater {
        model: 8

        Rectangle {
            required property int index
            readonly property int spread: index * 2 + 1

            z: -1
            x: -spread
            y: -spread + 4
            width: floating.width + 2 * spread
            height: floating.height + 2 * spread
            radius: floating.radius + spread
            color: Qt.alpha(Theme.shadow, Theme.shadow.a / 8)
        }
    }
}
