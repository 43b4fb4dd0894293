import QtQuick
import QtQuick.Layouts
import "../theme"
import "../components"

// One setting: words at the left, its control at the right (below, if there is no room or `stacked`).
//
// title, description, error (empty: none), isDefault, stacked, last (no hairline below). Children are the control.
// resetRequested().
GridLayout {
    id: row

    property string title: ""
    property string description: ""
    property string error: ""
    property bool isDefault: true
    property bool stacked: false
    property bool last: false
    default property alias control: holder.data
    readonly property bool below: stacked || (width < 460 && holder.implicitWidth > 80)

    signal resetRequested

    width: parent ? parent.width : implicitWidth
    columns: below ? 1 : 2
    columnSpacing: Theme.margin
    rowSpacing: 0

    ColumnLayout {
        Layout.fillWidth: true
        Layout.topMargin: Theme.gutter - 2
        Layout.bottomMargin: row.below ? Theme.unit : Theme.gutter - 2
        spacing: 3

        ThemedText {
            Layout.fillWidth: true
            text: row.title
            wrapMode: Text.Wrap
            font.pixelSize: Theme.controlSize
        }
        ThemedText {
            Layout.fillWidth: true
            visible: text !== ""
            text: row.description
            wrapMode: Text.Wrap
            font.pixelSize: Theme.smallSize
            lineHeight: 1.25
            color: Theme.secondary
        }
        ThemedText {
            Layout.fillWidth: true
            visible: text !== ""
            text: row.error
            wrapMode: Text.Wrap
            font.pixelSize: Theme.smallSize
            color: Theme.danger
            Accessible.role: Accessible.AlertMessage
        }
    }
    RowLayout {
        Layout.alignment: row.below ? Qt.AlignLeft : Qt.AlignRight | Qt.AlignVCenter
        Layout.bottomMargin: row.below ? Theme.gutter - 2 : 0
        Layout.fillWidth: row.stacked
        layoutDirection: row.below ? Qt.RightToLeft : Qt.LeftToRight
        spacing: Theme.half

        IconButton {
            visible: !row.isDefault
            size: 28
            glyph: "undo"
            glyphSize: 15
            text: qsTr("Reset “%1”").arg(row.title)
            onClicked: row.resetRequested()
        }
        RowLayout {
            id: holder

            Layout.fillWidth: row.stacked
            spacing: Theme.unit
        }
    }
    Rectangle {
        Layout.columnSpan: row.columns
        Layout.fillWidth: true
        visible: !row.last
        implicitHeight: 1
        color: Theme.hairline
    }
}
