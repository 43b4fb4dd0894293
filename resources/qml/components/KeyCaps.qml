pragma ComponentBehavior: Bound

import QtQuick
import "../theme"

// A shortcut as key caps: keys "Ctrl+Alt+Space" shows three.
Row {
    id: caps

    property string keys: ""

    spacing: 4
    Accessible.role: Accessible.StaticText
    Accessible.name: keys

    Repeater {
        // "Ctrl++" would end in an empty part, which stands for the plus key.
        model: caps.keys === "" ? [] : caps.keys.split("+").map(part => part === "" ? "+" : part)

        Rectangle {
            required property string modelData

            width: Math.max(height, letter.implicitWidth + 12)
            height: Theme.smallSize + 10
            radius: 5
            color: Theme.surface
            border.width: 1
            border.color: Theme.hairline

            ThemedText {
                id: letter

                anchors.centerIn: parent
                text: parent.modelData
                font.pixelSize: Theme.smallSize
                color: Theme.secondary
                Accessible.ignored: true
            }
        }
    }
}
