import QtQuick
import QtQuick.Controls.Basic
import "../theme"

// One line of text.
//
// Everything of TextField, and: glyph: icon before the text, may be empty. clearable: shows a button that
// empties the field; Esc does the same; cleared() says so. invalid: red outline. quiet: sunken instead of outlined (search).
// label: accessible name.
TextField {
    id: field

    property string glyph: ""
    property bool clearable: false
    property bool invalid: false
    property bool quiet: false
    property string label: placeholderText

    signal cleared

    function empty(): void {
        clear();
        cleared();
    }

    implicitWidth: 200
    implicitHeight: Theme.controlHeight
    leftPadding: glyph === "" ? 10 : 38
    rightPadding: clearable && text !== "" ? 32 : 10
    topPadding: 0
    bottomPadding: 0
    verticalAlignment: TextInput.AlignVCenter
    color: Theme.text
    placeholderTextColor: Theme.faint
    selectionColor: Theme.selection
    selectedTextColor: Theme.text
    selectByMouse: true
    font.pixelSize: Theme.controlSize
    activeFocusOnTab: true
    ContextMenu.menu: TextMenu { editor: field }
    Accessible.name: label

    Keys.onEscapePressed: event => {
        event.accepted = clearable && text !== "";
        if (event.accepted)
            empty();
    }

    background: Rectangle {
        radius: Theme.radiusControl
        color: field.quiet ? Theme.hover : Theme.surface
        border.width: field.activeFocus ? 2 : field.quiet && !field.invalid ? 0 : 1
        border.color: field.invalid ? Theme.danger : field.activeFocus ? Theme.accent : field.hovered ? Theme.outlineHover : Theme.hairline
    }

    Icon {
        x: 11
        anchors.verticalCenter: parent.verticalCenter
        visible: field.glyph !== ""
        glyph: field.glyph
        size: 16
        color: Theme.faint
    }
    IconButton {
        anchors.right: parent.right
        anchors.rightMargin: 4
        anchors.verticalCenter: parent.verticalCenter
        visible: field.clearable && field.text !== ""
        size: 24
        glyphSize: 14
        glyph: "close"
        text: qsTr("Clear")
        onClicked: {
            field.empty();
            field.forceActiveFocus();
        }
    }
}
