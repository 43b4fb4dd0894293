pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import "../theme"

// One of a few values, all of them in view.
//
// choices: list of {value, title}. value: the chosen one. label: accessible name of the group.
// chosen(value): the person picked another; set `value` from the view-model, it is never written here.
Rectangle {
    id: field

    property var choices: []
    property var value: undefined
    property string label: ""

    signal chosen(var value)

    implicitWidth: row.width + 6
    implicitHeight: Theme.controlHeight
    radius: Theme.radiusControl + 2
    color: Theme.sunken
    Accessible.role: Accessible.Grouping
    Accessible.name: label

    Row {
        id: row

        x: 3
        y: 3

        Repeater {
            model: field.choices.length

            AbstractButton {
                id: segment

                required property int index
                readonly property var choice: field.choices[index]

                leftPadding: 14
                rightPadding: 14
                height: field.height - 6
                text: choice.title
                focusPolicy: Qt.TabFocus
                checked: field.value === choice.value
                Accessible.role: Accessible.RadioButton
                Accessible.name: text
                Accessible.checked: checked
                onClicked: {
                    if (!checked)
                        field.chosen(choice.value);
                }
                Keys.onLeftPressed: nextItemInFocusChain(false).forceActiveFocus(Qt.BacktabFocusReason)
                Keys.onRightPressed: nextItemInFocusChain(true).forceActiveFocus(Qt.TabFocusReason)

                contentItem: ThemedText {
                    text: segment.text
                    verticalAlignment: Text.AlignVCenter
                    font.pixelSize: Theme.controlSize
                    color: segment.checked || segment.hovered ? Theme.text : Theme.secondary
                    Accessible.ignored: true
                }
                background: Rectangle {
                    radius: Theme.radiusControl
                    color: segment.checked ? Theme.surface : "transparent"
                    border.width: segment.checked ? 1 : 0
                    border.color: Theme.hairline

                    FocusRing { shown: segment.visualFocus; innerRadius: parent.radius; offset: 0 }
                }

                HoverHandler { cursorShape: Qt.PointingHandCursor }
            }
        }
    }
}
