import QtQuick
import QtQuick.Controls.Basic
import QtQuick.Layouts
import "../theme"
import "../components"

// Shows the whole address of a link before the browser opens it.
ConfirmDialog {
    id: dialog

    required property var app
    required property string url

    heading: qsTr("Open this link in your browser?")
    message: qsTr("It leads out of Famulus, to the internet.")
    confirmText: qsTr("Open link")
    onAccepted: app.openLink(url)
    Component.onCompleted: open()

    Rectangle {
        Layout.fillWidth: true
        Layout.topMargin: Theme.half
        implicitHeight: Math.min(address.implicitHeight, 160)
        radius: Theme.radiusControl
        color: Theme.sunken
        clip: true

        Flickable {
            anchors.fill: parent
            contentHeight: address.implicitHeight
            boundsBehavior: Flickable.StopAtBounds
            ScrollBar.vertical: ScrollHandle {}

            TextEdit {
                id: address

                width: parent.width
                padding: 10
                rightPadding: 44
                text: dialog.url
                textFormat: TextEdit.PlainText
                readOnly: true
                selectByMouse: true
                wrapMode: TextEdit.WrapAnywhere
                color: Theme.text
                selectionColor: Theme.selection
                selectedTextColor: Theme.text
                font.family: Theme.codeFamily
                font.pixelSize: Theme.smallSize
                ContextMenu.menu: TextMenu { editor: address }
                Accessible.name: qsTr("Address")
            }
        }
        IconButton {
            anchors.right: parent.right
            anchors.top: parent.top
            anchors.margins: 3
            size: 28
            glyphSize: 16
            glyph: "copy"
            text: qsTr("Copy address")
            onClicked: dialog.app.copyText(dialog.url)
        }
    }
}
