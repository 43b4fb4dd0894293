import QtQuick
import "../components"
import "../theme"

// Whether a model fits into the memory that is free: a word and a colour.
//
// fit: "fits", "tight", "tooLarge" or "broken".
Rectangle {
    id: badge

    required property string fit
    readonly property string word: ({
            fits: qsTr("Fits"),
            tight: qsTr("Tight"),
            tooLarge: qsTr("Too large"),
            broken: qsTr("Broken")
        })[fit] ?? ""
    readonly property color ink: fit === "fits" ? Theme.good : fit === "tight" ? Theme.warning : Theme.danger

    implicitWidth: label.implicitWidth + 2 * Theme.unit
    implicitHeight: label.implicitHeight + Theme.half
    radius: height / 2
    color: Qt.alpha(ink, 0.10)

    ThemedText {
        id: label

        anchors.centerIn: parent
        text: badge.word
        color: badge.ink
        font.pixelSize: Theme.smallSize
        font.weight: Font.Medium
    }
}
