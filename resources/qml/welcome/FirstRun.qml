pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import "../theme"
import "../components"

// The first minute with Famulus: what it is, the model that is ready, three questions to try.
ColumnLayout {
    id: view

    required property var app
    readonly property bool usable: app.model.state !== "none" && app.model.state !== "failed"
    readonly property list<string> examples: [
        qsTr("Explain in one sentence why the sky is blue."),
        qsTr("Write a short poem about rain."),
        qsTr("Give me three ideas for a quiet Sunday.")
    ]

    spacing: 0

    ThemedText {
        Layout.fillWidth: true
        Layout.topMargin: Theme.unit
        text: qsTr("Famulus is an assistant that lives on this computer: nothing you write leaves it.")
        wrapMode: Text.Wrap
        lineHeight: 1.4
        color: Theme.secondary
    }
    StarterCard {
        Layout.fillWidth: true
        Layout.topMargin: Theme.margin
        model: view.app.model
    }
    ThemedText {
        Layout.topMargin: Theme.margin
        Layout.bottomMargin: Theme.half
        visible: view.usable
        text: qsTr("Try one of these")
        font.pixelSize: Theme.smallSize
        color: Theme.faint
    }
    Repeater {
        model: view.examples

        NavButton {
            required property string modelData

            Layout.fillWidth: true
            Layout.leftMargin: -10
            visible: view.usable
            glyph: "sparkle"
            text: modelData
            onClicked: view.app.conversation.send(modelData)
        }
    }
}
