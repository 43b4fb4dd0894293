pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import "../theme"
import "../components"

// How long the context is, and what that takes, while the slider moves.
//
// view: ContextViewModel. fullRequested: Nothing is to be given up for lack of memory any more.
Column {
    id: length

    required property var view
    readonly property var preview: view.preview
    readonly property bool fits: preview.fits ?? true

    signal fullRequested

    width: parent ? parent.width : implicitWidth
    spacing: Theme.unit
    topPadding: Theme.gutter - 2
    bottomPadding: Theme.gutter
    Component.onCompleted: view.refresh()

    RowLayout {
        width: parent.width
        spacing: Theme.unit

        ThemedText {
            Layout.fillWidth: true
            text: qsTr("Context length")
            font.pixelSize: Theme.controlSize
            elide: Text.ElideRight
        }
        ThemedText {
            objectName: "contextLengthTitle"
            text: length.preview.title ?? ""
            font.pixelSize: Theme.controlSize
            font.weight: Font.Medium
            color: length.fits ? Theme.text : Theme.danger
        }
    }
    StepSlider {
        objectName: "contextSlider"
        width: parent.width
        enabled: length.view.known && !length.view.check.running
        steps: length.view.steps
        position: length.view.position
        marks: length.view.marks
        label: qsTr("Context length")
        words: [length.preview.title ?? "", length.preview.memory ?? ""].join(". ")
        onLooked: index => length.view.look(index)
        onSettled: length.view.choose()
    }
    MemoryBar {
        visible: length.view.known
        width: parent.width
        words: length.preview.memory ?? ""
        share: length.preview.share ?? 0
        parts: length.preview.parts ?? []
        fits: length.fits
    }
    Repeater {
        model: length.preview.notes ?? []

        ThemedText {
            required property string modelData

            width: length.width
            text: modelData
            wrapMode: Text.Wrap
            font.pixelSize: Theme.smallSize
            lineHeight: 1.25
            color: length.fits ? Theme.secondary : Theme.danger
        }
    }
    TextButton {
        visible: length.preview.lessened ?? false
        enabled: !length.view.check.running
        outlined: true
        text: qsTr("Try in full again")
        onClicked: length.fullRequested()
    }
    ThemedText {
        width: parent.width
        visible: text !== ""
        text: length.preview.speed ?? ""
        wrapMode: Text.Wrap
        font.pixelSize: Theme.smallSize
        lineHeight: 1.25
        color: Theme.secondary
    }
    ThemedText {
        objectName: "contextRefused"
        width: parent.width
        visible: text !== ""
        text: length.view.refused !== "" ? length.view.refused : length.view.problem
        wrapMode: Text.Wrap
        font.pixelSize: Theme.smallSize
        color: Theme.danger
        Accessible.role: Accessible.AlertMessage
    }
}
