import QtQuick
import QtQuick.Layouts
import "../theme"
import "../components"

// Whether the shortcut works; if not, why, and the command to bind by hand.
Column {
    id: view

    required property var app
    readonly property var quickChat: app.quickChat
    readonly property bool broken: quickChat.shortcutState === "conflict" || quickChat.shortcutState === "unavailable"
    readonly property string command: "famulus --quick"

    width: parent ? parent.width : implicitWidth

    RowLayout {
        height: implicitHeight + Theme.gutter + Theme.unit
        visible: view.quickChat.shortcutState === "on" || view.quickChat.shortcutState === "waiting"
        spacing: Theme.unit

        Icon {
            visible: view.quickChat.shortcutState === "on"
            glyph: "check"
            size: 16
            color: Theme.good
        }
        Spinner { running: view.quickChat.shortcutState === "waiting" }
        ThemedText {
            text: view.quickChat.shortcutState === "on" ? qsTr("The shortcut works in every program.") : qsTr("Waiting for your desktop to allow the shortcut…")
            font.pixelSize: Theme.smallSize
            color: Theme.secondary
        }
    }
    ProblemCard {
        visible: view.broken
        topInset: Theme.half
        topPadding: Theme.half + Theme.gutter
        bottomInset: Theme.gutter
        bottomPadding: Theme.gutter * 2
        tone: "warning"
        problem: view.quickChat.shortcutState === "conflict" ? view.quickChat.shortcutProblem : qsTr("Shortcuts for all programs are not available on this desktop.")
        remedy: view.quickChat.shortcutState === "unavailable" && view.quickChat.shortcutProblem !== "" ? view.quickChat.shortcutProblem : qsTr("You can bind this command to keys in the settings of your desktop:")

        Rectangle {
            implicitWidth: words.implicitWidth + 20
            implicitHeight: Theme.controlHeight - 4
            radius: Theme.radiusControl
            color: Theme.surface
            border.width: 1
            border.color: Theme.hairline

            ThemedText {
                id: words

                anchors.centerIn: parent
                text: view.command
                font.family: Theme.codeFamily
                font.pixelSize: Theme.smallSize
            }
        }
        TextButton {
            compact: true
            glyph: "copy"
            text: qsTr("Copy")
            onClicked: view.app.copyText(view.command)
        }
    }
    Rectangle {
        width: view.width
        height: 1
        color: Theme.hairline
    }
}
