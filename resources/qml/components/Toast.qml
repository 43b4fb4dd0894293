import QtQuick
import QtQuick.Controls.Basic
import QtQuick.Layouts
import "../theme"

// One sentence that goes away by itself, with at most one action. Place it; it shows while `text` is not empty.
//
// text, actionText (may be empty). held: the pointer or the keyboard is on it. actionTriggered(), dismissed().
Control {
    id: toast

    property string text: ""
    property string actionText: ""
    readonly property bool held: enabled && (hovered || action.activeFocus || closeButton.activeFocus)

    signal actionTriggered
    signal dismissed

    leftPadding: 16
    rightPadding: 6
    topPadding: 6
    bottomPadding: 6
    visible: opacity > 0
    enabled: text !== ""
    opacity: enabled ? 1 : 0
    Accessible.role: Accessible.AlertMessage
    Accessible.name: text

    onTextChanged: {
        if (text !== "")
            words.text = text;
    }

    Behavior on opacity { NumberAnimation { duration: Theme.slowMotion } }

    contentItem: RowLayout {
        spacing: Theme.half

        ThemedText {
            id: words

            Layout.fillWidth: true
            Layout.rightMargin: Theme.unit
            Layout.maximumWidth: 460
            wrapMode: Text.Wrap
            font.pixelSize: Theme.controlSize
            color: Theme.page
            Accessible.ignored: true
        }
        AbstractButton {
            id: action

            visible: toast.actionText !== ""
            implicitHeight: Theme.controlHeight
            leftPadding: 10
            rightPadding: 10
            text: toast.actionText
            Accessible.name: text
            Keys.onReturnPressed: click()
            Keys.onEnterPressed: click()
            onClicked: toast.actionTriggered()
            contentItem: ThemedText {
                text: action.text
                verticalAlignment: Text.AlignVCenter
                font.pixelSize: Theme.controlSize
                font.weight: Font.DemiBold
                color: Theme.page
                Accessible.ignored: true
            }
            background: Rectangle {
                radius: Theme.radiusControl
                color: Qt.alpha(Theme.page, action.pressed ? 0.24 : action.hovered ? 0.14 : 0)
                border.width: action.visualFocus ? 2 : 0
                border.color: Theme.page
            }
        }
        AbstractButton {
            id: closeButton

            implicitWidth: 32
            implicitHeight: 32
            text: qsTr("Close")
            Accessible.name: text
            Keys.onReturnPressed: click()
            Keys.onEnterPressed: click()
            onClicked: toast.dismissed()
            contentItem: Item {
                Icon {
                    anchors.centerIn: parent
                    glyph: "close"
                    size: 15
                    color: Theme.page
                }
            }
            background: Rectangle {
                radius: Theme.radiusControl
                color: Qt.alpha(Theme.page, closeButton.pressed ? 0.24 : closeButton.hovered ? 0.14 : 0)
                border.width: closeButton.visualFocus ? 2 : 0
                border.color: Theme.page
            }
        }
    }
    background: Rectangle {
        radius: Theme.radiusCard
        color: Theme.text
    }
}
