import QtQuick
import "../theme"
import "../components"

// The title of a settings section, with a sentence below it.
Column {
    id: heading

    property string title: ""
    property string note: ""

    width: parent ? parent.width : implicitWidth
    spacing: Theme.half
    bottomPadding: Theme.unit

    ThemedText {
        width: heading.width
        text: heading.title
        wrapMode: Text.Wrap
        font.pixelSize: Theme.headingSize
        font.weight: Font.Medium
        Accessible.role: Accessible.Heading
    }
    ThemedText {
        width: heading.width
        visible: text !== ""
        text: heading.note
        wrapMode: Text.Wrap
        font.pixelSize: Theme.smallSize
        lineHeight: 1.3
        color: Theme.secondary
    }
}
