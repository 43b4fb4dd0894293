import QtQuick
import QtQuick.Layouts
import "../components"
import "../theme"

// What the answer under way is doing: waiting, loading the model, summing up what no longer fits, looking at pictures, reading the prompt (each with
// Cancel), writing.
Item {
    id: line

    required property var conversation
    required property string modelName
    readonly property string stage: conversation.stage
    readonly property bool measured: ["loading", "summing", "looking", "reading"].includes(stage)
    readonly property string words: {
        switch (stage) {
        case "waiting":
            return qsTr("Waiting for the other answer…");
        case "loading":
            return qsTr("Loading %1… %2 %").arg(modelName).arg(Math.round(100 * conversation.progress));
        case "summing":
            return qsTr("Summing up the oldest messages, %1 of %2 done").arg(grouped(conversation.summedDone)).arg(grouped(conversation.summedTotal));
        case "looking":
            return qsTr("Looking at picture %1 of %2").arg(conversation.lookedDone + 1).arg(conversation.lookedTotal);
        case "reading":
            return qsTr("Reading %1 / %2 tokens").arg(grouped(conversation.readDone)).arg(grouped(conversation.readTotal));
        default:
            return "";
        }
    }

    function grouped(count: int): string {
        return Number(count).toLocaleString(Qt.locale(), "f", 0);
    }

    implicitHeight: Theme.controlHeight

    RowLayout {
        anchors.verticalCenter: parent.verticalCenter
        width: parent.width
        spacing: Theme.unit + Theme.half
        visible: line.words !== ""

        Spinner {
            visible: !line.measured
            running: line.stage === "waiting"
        }

        ThemedText {
            text: line.words
            color: Theme.secondary
            font.pixelSize: Theme.smallSize
            elide: Text.ElideMiddle
            Layout.fillWidth: true
            Layout.maximumWidth: implicitWidth
            Accessible.role: Accessible.StaticText
        }

        ProgressLine {
            visible: line.measured
            value: line.conversation.progress
            label: line.words
            Layout.preferredWidth: line.width < 60 * Theme.unit ? 10 * Theme.unit : 20 * Theme.unit
        }

        TextButton {
            compact: true
            text: qsTr("Cancel")
            onClicked: line.conversation.stop()
        }

        Item {
            Layout.fillWidth: true
        }
    }

    // Two states a second instead of a running animation, which would redraw the window at every frame.
    Rectangle {
        id: caret

        anchors.verticalCenter: parent.verticalCenter
        visible: line.stage === "writing"
        width: Theme.unit
        height: Theme.unit
        radius: Theme.half
        color: Theme.accent
        opacity: beat.high ? 1 : 0.35
        Accessible.role: Accessible.Indicator
        Accessible.name: qsTr("Writing")

        Behavior on opacity {
            NumberAnimation {
                duration: Theme.slowMotion
            }
        }

        Timer {
            id: beat

            property bool high: true

            interval: 550
            repeat: true
            running: caret.visible && !Theme.reduceMotion
            onTriggered: high = !high
        }
    }
}
