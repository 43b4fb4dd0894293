import QtQuick
import "../components"

// Copies something and says so for a moment.
//
// labelled: shows its words beside the icon. The owner does the copying on clicked().
TextButton {
    id: button

    property bool labelled: false
    readonly property bool copied: thanks.running
    readonly property string words: copied ? qsTr("Copied") : qsTr("Copy")

    compact: true
    glyph: copied ? "check" : "copy"
    text: labelled ? words : ""
    leftPadding: 7
    spacing: labelled ? 5 : 0
    Accessible.name: words
    onClicked: thanks.restart()

    Timer {
        id: thanks

        interval: 1500
    }

    ToolTipText {
        text: button.words
        visible: !button.labelled && (button.hovered || button.visualFocus)
    }
}
