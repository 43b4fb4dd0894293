import QtQuick
import QtQuick.Controls.Basic
import QtQuick.Layouts
import "../theme"

// The frame of every dialog: heading, what it holds, and the buttons of `actions` at the right below.
//
// heading. frameWidth: wanted width in px. actions: list of buttons. closeButton: shows a cross at the top right.
// Esc and a click outside reject it.
Dialog {
    id: dialog

    property string heading: ""
    property int frameWidth: 440
    property bool closeButton: false
    default property alias body: column.data
    property alias actions: buttonRow.data

    parent: Overlay.overlay
    anchors.centerIn: parent
    width: Math.min(frameWidth, (parent ? parent.width : frameWidth) - 2 * Theme.gutter)
    height: Math.min(implicitHeight, (parent ? parent.height : implicitHeight) - 2 * Theme.gutter)
    padding: Theme.margin
    modal: true
    focus: true
    popupType: Popup.Item
    closePolicy: Popup.CloseOnEscape | Popup.CloseOnPressOutside
    header: null
    footer: null

    background: FloatingSurface { radius: Theme.radiusComposer }
    contentItem: ColumnLayout {
        spacing: Theme.gutter
        Accessible.role: Accessible.Dialog
        Accessible.name: dialog.heading

        RowLayout {
            Layout.fillWidth: true
            spacing: Theme.unit

            ThemedText {
                Layout.fillWidth: true
                text: dialog.heading
                wrapMode: Text.Wrap
                font.pixelSize: Theme.headingSize
                font.weight: Font.Medium
                Accessible.role: Accessible.Heading
            }
            IconButton {
                Layout.topMargin: -6
                Layout.rightMargin: -6
                Layout.alignment: Qt.AlignTop
                visible: dialog.closeButton
                glyph: "close"
                text: qsTr("Close")
                onClicked: dialog.reject()
            }
        }
        ColumnLayout {
            id: column

            Layout.fillWidth: true
            Layout.fillHeight: true
            spacing: Theme.unit
        }
        RowLayout {
            id: buttonRow

            Layout.alignment: Qt.AlignRight
            visible: children.length > 0
            spacing: Theme.unit
        }
    }
    Overlay.modal: Rectangle { color: Theme.scrim }
    enter: Transition {
        NumberAnimation { property: "opacity"; from: 0; to: 1; duration: Theme.motion }
        NumberAnimation { property: "scale"; from: 0.98; to: 1; duration: Theme.motion; easing.type: Easing.OutCubic }
    }
    exit: Transition {
        NumberAnimation { property: "opacity"; to: 0; duration: Theme.motion }
    }
}
