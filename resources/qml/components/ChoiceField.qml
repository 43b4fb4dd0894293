pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import "../theme"

// One of several values.
//
// choices: list of {value, title}. value: the chosen one. label: accessible name.
// chosen(value): the person picked another; set `value` from the view-model, it is never written here.
ComboBox {
    id: field

    property var choices: []
    property var value: undefined
    property string label: ""

    signal chosen(var value)

    function position(): int {
        for (let index = 0; index < choices.length; index += 1) {
            if (choices[index].value === value)
                return index;
        }
        return -1;
    }

    implicitWidth: 200
    implicitHeight: Theme.controlHeight
    leftPadding: 12
    rightPadding: 32
    focusPolicy: Qt.TabFocus
    model: choices
    textRole: "title"
    currentIndex: position()
    opacity: enabled ? 1 : 0.4
    Accessible.name: label
    onActivated: index => {
        const picked = choices[index].value;
        currentIndex = Qt.binding(() => position());
        if (picked !== value)
            chosen(picked);
    }

    contentItem: ThemedText {
        text: field.displayText
        font.pixelSize: Theme.controlSize
        elide: Text.ElideRight
        verticalAlignment: Text.AlignVCenter
        Accessible.ignored: true
    }
    indicator: Icon {
        x: field.width - width - 10
        y: (field.height - height) / 2
        glyph: "chevrons-up-down"
        size: 16
    }
    background: Rectangle {
        radius: Theme.radiusControl
        color: Theme.surface
        border.width: 1
        border.color: field.hovered ? Theme.outlineHover : Theme.hairline

        FocusRing { shown: field.visualFocus; innerRadius: parent.radius }
    }
    delegate: ItemDelegate {
        id: option

        required property int index
        required property var modelData

        width: ListView.view.width
        height: Theme.controlHeight
        padding: 0
        highlighted: field.highlightedIndex === index
        Accessible.name: modelData.title
        contentItem: ThemedText {
            leftPadding: 10
            rightPadding: 30
            text: option.modelData.title
            font.pixelSize: Theme.controlSize
            elide: Text.ElideRight
            verticalAlignment: Text.AlignVCenter
            Accessible.ignored: true

            Icon {
                anchors.right: parent.right
                anchors.rightMargin: 8
                anchors.verticalCenter: parent.verticalCenter
                visible: field.currentIndex === option.index
                glyph: "check"
                size: 16
                color: Theme.accent
            }
        }
        background: Rectangle {
            radius: Theme.radiusControl
            color: option.highlighted ? Theme.hover : "transparent"
        }
    }
    popup: Popup {
        y: field.height + 4
        width: field.width
        height: Math.min(contentItem.implicitHeight + 10, 320)
        padding: 5
        margins: Theme.unit
        popupType: Popup.Item
        background: FloatingSurface {}
        contentItem: ListView {
            implicitHeight: contentHeight
            clip: true
            model: field.popup.visible ? field.delegateModel : null
            currentIndex: field.highlightedIndex
            ScrollBar.vertical: ScrollHandle {}
        }
        enter: Transition {
            NumberAnimation { property: "opacity"; from: 0; to: 1; duration: Theme.motion }
        }
        exit: Transition {
            NumberAnimation { property: "opacity"; to: 0; duration: Theme.motion }
        }
    }

    HoverHandler { cursorShape: Qt.PointingHandCursor; enabled: field.enabled }
}
