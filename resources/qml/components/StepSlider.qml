pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import "../theme"

// A slider over a few places, some of which have names below it.
//
// steps: number of places. position: where it is. marks: list of {index, text}. label, words: accessible name and value;
// the words are said when it is moved without a pointer, for the value that a screen reader has is a place's number.
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

    function follow(): void {
        slider.follows = true;
        slider.to = Math.max(1, steps - 1);
        slider.value = position;
        slider.follows = false;
    }

    function settle(): void {
        keysRest.stop();
        settled();
    }

    implicitWidth: 400
    implicitHeight: slider.height + names.height
    onStepsChanged: follow()
    onPositionChanged: follow()
    Component.onCompleted: follow()
    Component.onDestruction: if (keysRest.running || slider.pressed) settled() // the page is left in the middle of it

    Slider {
        id: slider

        property bool follows: false
        property bool usesKeys: false

        objectName: "stepSlider"
        width: parent.width
        height: Theme.controlHeight
        stepSize: 1
        snapMode: Slider.SnapAlways
        focusPolicy: Qt.StrongFocus
        Accessible.name: field.label
        Accessible.description: field.words
        Accessible.onIncreaseAction: increase()
        Accessible.onDecreaseAction: decrease()
        Keys.onPressed: event => {
            usesKeys = event.key === Qt.Key_Left || event.key === Qt.Key_Right;
            event.accepted = false;
        }
        // By the pointer, a key, or a screen reader, which tells neither `moved` nor `pressed`.
        onValueChanged: {
            const place = Math.round(value);
            if (follows)
                return;
            if (place !== field.position)
                field.looked(place);
            if (value !== field.position)
                field.follow();
            if (!pressed || usesKeys)
                Accessible.announce(field.words, Accessible.Polite);
            if (!pressed)
                keysRest.restart();
        }
        // Each repeat of a held key lets it go for a moment.
        onPressedChanged: {
            if (pressed)
                keysRest.stop();
            else if (usesKeys)
                keysRest.restart();
            else
                field.settle();
            usesKeys = usesKeys && pressed;
        }
        onActiveFocusChanged: {
            if (!activeFocus && (keysRest.running || usesKeys))
                field.settle();
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
    Timer {
        id: keysRest

        interval: 600
        onTriggered: field.settle()
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
                y: Theme.smallSize + 3 - baselineOffset // on one line, whatever their script
                text: mark.text
                font.pixelSize: Theme.smallSize
                color: Theme.faint
                Accessible.ignored: true
            }
        }
    }
}
