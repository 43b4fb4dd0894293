import QtQuick
import QtQuick.Layouts
import "../theme"

// Asks before something that cannot be taken back.
//
// heading, message, confirmText, cancelText, danger. accepted() / rejected() of Dialog; Esc rejects.
DialogFrame {
    id: dialog

    property string message: ""
    property string confirmText: qsTr("OK")
    property string cancelText: qsTr("Cancel")
    property bool danger: false

    actions: [
        TextButton {
            text: dialog.cancelText
            outlined: true
            onClicked: dialog.reject()
        },
        PrimaryButton {
            text: dialog.confirmText
            danger: dialog.danger
            focus: !dialog.danger
            onClicked: dialog.accept()
        }
    ]

    ThemedText {
        Layout.fillWidth: true
        text: dialog.message
        wrapMode: Text.Wrap
        color: Theme.secondary
        lineHeight: 1.3
    }
}
