pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import "../theme"

// A slider over a few places, some of which have names below it.
//
// steps: number of places. position: where it is. marks: list of {index, text}. label, words: accessible name and value.
// looked(index): it moves. settled(): the person has let go of it, or stopped to press keys.
// Set `position` from the view-model; it is never written here.
Item {
    id: field

    property int steps: 2
    property int position: 0
    property var marks: []
    property string label: ""
    property string words: ""

    signal looked(int index)
    signal settled

    implicitWidth: 400
    implicitHeight: slider.height + names.height

    Slider {
        id: slider

        width: parent.width
        height: Theme.controlHeight
        from: 0
        to: Math.max(1, field.steps - 1)
        stepSize: 1
        snapMode: Slider.SnapAlways
        value: field.position
        focusPolicy: Qt.StrongFocus
        Accessible.name: field.label
        Accessible.description: field.words
        onMoved: {
            field.looked(Math.round(value));
            if (!pressed)
                keysRest.restart();
        }
        onPressedChanged: {
            if (!pressed)
                field.settled();
        }
        onActiveFocusChanged: {
            if (!activeFocus && keysRest.running) {
                keysRest.stop();
                field.settled();
            }
        }

        background: Rectangle {
            x: slider.leftPadding
            y: slider.topPadding + (slider.availableHeight - height) / 2
            width: slider.availableWidth
            height: 4
            radius: 2
            color: Theme.hairline

            Rectangle {
                width: slider.visualPosition * parent.width
                height: parent.height
                radius: 2
                color: slider.enabled ? Theme.accent : Theme.faint
            }
        }
        handle: Rectangle {
            x: slider.leftPadding + slider.visualPosition * (slider.availableWidth - width)
            y: slider.topPadding + (slider.availableHeight - height) / 2
            width: 18
            height: 18
            radius: 9
            color: Theme.surface
            border.width: 2
            border.color: slider.enabled ? Theme.accent : Theme.faint

            FocusRing { shown: slider.visualFocus; innerRadius: parent.radius }
        }

        HoverHandler { cursorShape: Qt.PointingHandCursor; enabled: slider.enabled }
    }
    Binding {
        target: slider
        property: "value"
        value: field.position
    }
    Timer {
        id: keysRest

        interval: 600
        onTriggered: field.settled()
    }
    Item {
        id: names

        anchors.top: slider.bottom
        width: parent.width
        height: Theme.smallSize + 6

        Repeater {
            model: field.marks.length

            ThemedText {
                required property int index
                readonly property var mark: field.marks[index]
                readonly property real center: 15 + mark.index / slider.to * (names.width - 30)

                x: Math.max(0, Math.min(names.width - width, center - width / 2))
                text: mark.text
                font.pixelSize: Theme.smallSize
                color: Theme.faint
                Accessible.ignored: true
            }
        }
    }
}
