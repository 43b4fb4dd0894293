pragma ComponentBehavior: Bound

import QtQuick
import "../theme"
import "../components"

// Memory as a bar: what is needed, part by part, of what is free.
//
// words: the sum. share: needed / free. parts: list of {title, text, bytes}. fits: whether it is enough.
Column {
    id: bar

    property string words: ""
    property real share: 0
    property var parts: []
    property bool fits: true
    readonly property real needed: parts.reduce((sum, part) => sum + part.bytes, 0)
    readonly property list<real> strengths: [1.0, 0.7, 0.45, 0.25]

    spacing: Theme.half + 2
    Accessible.role: Accessible.StaticText
    Accessible.name: [words].concat(parts.map(part => part.title + " " + part.text)).join(", ")

    ThemedText {
        width: parent.width
        text: bar.words
        wrapMode: Text.Wrap
        font.pixelSize: Theme.smallSize
        color: bar.fits ? Theme.text : Theme.danger
        Accessible.ignored: true
    }
    Rectangle {
        width: parent.width
        height: 8
        radius: 4
        color: Theme.hairline
        clip: true

        Row {
            height: parent.height

            Repeater {
                model: bar.parts

                Rectangle {
                    required property int index
                    required property var modelData

                    width: bar.needed > 0 ? bar.width * Math.min(1, bar.share) * modelData.bytes / bar.needed : 0
                    height: parent.height
                    color: Qt.alpha(bar.fits ? Theme.accent : Theme.danger, bar.strengths[index])
                }
            }
        }
    }
    Flow {
        width: parent.width
        spacing: Theme.gutter

        Repeater {
            model: bar.parts

            Row {
                id: part

                required property int index
                required property var modelData

                spacing: 6

                Rectangle {
                    anchors.verticalCenter: parent.verticalCenter
                    width: 8
                    height: 8
                    radius: 2
                    color: Qt.alpha(bar.fits ? Theme.accent : Theme.danger, bar.strengths[part.index])
                }
                ThemedText {
                    text: part.modelData.title + " " + part.modelData.text
                    font.pixelSize: Theme.smallSize
                    color: Theme.secondary
                    Accessible.ignored: true
                }
            }
        }
    }
}
