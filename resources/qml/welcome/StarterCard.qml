import QtQuick
import QtQuick.Layouts
import "../theme"
import "../components"

// The model that answers: its state, its limits said honestly, and the way to a larger one.
Card {
    id: card

    required property var model
    readonly property bool failed: model.state === "failed"
    readonly property bool missing: model.state === "none"

    function stateWords(): string {
        switch (model.state) {
        case "none":
            return "";
        case "loading":
            return qsTr("Loading, %1 %").arg(Math.round(model.progress * 100));
        case "failed":
            return qsTr("Does not load");
        default:
            return qsTr("Ready");
        }
    }

    function limits(): string {
        if (missing)
            return qsTr("Famulus needs a language model, a file that ends in .gguf.");
        if (failed)
            return model.problem + " " + model.problemRemedy;
        if (model.isStarter)
            return qsTr("A very small model, with 135 million parameters: it gives short, simple answers, mostly in English, and is often wrong. Choose a larger model for real work.");
        return qsTr("This model answers from now on.");
    }

    padding: Theme.gutter + 4

    ColumnLayout {
        anchors.fill: parent
        spacing: Theme.unit

        RowLayout {
            Layout.fillWidth: true
            spacing: Theme.unit + 2

            Icon {
                glyph: "model"
                size: 20
                color: Theme.text
            }
            ThemedText {
                Layout.fillWidth: true
                text: card.missing ? qsTr("No model yet") : card.model.isStarter ? qsTr("Starter model: %1").arg(card.model.name) : card.model.name
                elide: Text.ElideRight
                font.weight: Font.Medium
            }
            Icon {
                Layout.rightMargin: -4
                visible: card.model.state === "ready" || card.model.state === "idle"
                glyph: "check"
                size: 16
                color: Theme.good
            }
            ThemedText {
                text: card.stateWords()
                font.pixelSize: Theme.smallSize
                color: card.failed ? Theme.danger : card.model.state === "ready" || card.model.state === "idle" ? Theme.good : Theme.secondary
            }
        }
        ProgressLine {
            Layout.fillWidth: true
            Layout.topMargin: 2
            Layout.bottomMargin: 2
            // It keeps its place: what lies below must not move away under the pointer when the load ends.
            opacity: card.model.state === "loading" ? 1 : 0
            Accessible.ignored: opacity === 0
            value: card.model.progress
            label: qsTr("Loading the model")
        }
        ThemedText {
            Layout.fillWidth: true
            text: card.limits()
            wrapMode: Text.Wrap
            font.pixelSize: Theme.controlSize
            lineHeight: 1.35
            color: Theme.secondary
        }
        RowLayout {
            Layout.fillWidth: true
            Layout.topMargin: Theme.half
            spacing: Theme.unit + 4

            ModelFileButton { model: card.model }
            TextButton {
                visible: card.failed && !card.model.isStarter
                text: qsTr("Use starter model")
                onClicked: card.model.choose("")
            }
            ThemedText {
                Layout.fillWidth: true
                text: qsTr("or drop one on this window")
                elide: Text.ElideRight
                font.pixelSize: Theme.smallSize
                color: Theme.faint
            }
        }
    }
}
