pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import "../components"
import "../theme"

// Which model answers and whether it is ready; a click opens the picker.
//
// model: a ModelViewModel. adapters: an AdapterViewModel. maximumWidth: px beyond which the name is elided.
// adaptersRequested: the picker of adapters is to be opened.
AbstractButton {
    id: pill

    required property var model
    required property var adapters
    property real maximumWidth: 40 * Theme.unit
    readonly property bool loading: model.state === "loading"
    readonly property string stateWords: {
        switch (model.state) {
        case "none":
            return qsTr("none chosen");
        case "loading":
            return qsTr("loading, %1 %").arg(Math.round(100 * model.progress));
        case "ready":
            return qsTr("ready");
        case "failed":
            return qsTr("failed to load");
        default:
            return qsTr("not loaded");
        }
    }

    signal adaptersRequested

    function openPicker(): void {
        picker.active = true;
        (picker.item as ModelPicker).open();
    }

    function togglePicker(): void {
        if ((picker.item as ModelPicker)?.opened)
            (picker.item as ModelPicker).close();
        else
            openPicker();
    }

    objectName: "modelPill"
    text: model.name === "" ? qsTr("Choose a model") : model.name
    implicitWidth: implicitContentWidth + leftPadding + rightPadding
    implicitHeight: Theme.controlHeight
    leftPadding: Theme.unit + 2
    rightPadding: Theme.unit
    focusPolicy: Qt.TabFocus
    Accessible.name: qsTr("Model: %1").arg(text)
    Accessible.description: model.sees ? qsTr("%1, sees pictures").arg(stateWords) : model.blind ? qsTr("%1, cannot see pictures").arg(stateWords) : stateWords
    onClicked: togglePicker()

    contentItem: Row {
        spacing: Theme.unit - 1

        Item {
            anchors.verticalCenter: parent.verticalCenter
            width: pill.loading ? 14 : 7
            height: 14

            Spinner {
                running: pill.loading
                size: 14
            }

            Rectangle {
                anchors.centerIn: parent
                visible: !pill.loading
                width: 7
                height: 7
                radius: 3.5
                color: pill.model.state === "ready" ? Theme.good : pill.model.state === "failed" ? Theme.danger : "transparent"
                border.width: pill.model.state === "ready" || pill.model.state === "failed" ? 0 : 1.4
                border.color: Theme.faint
            }
        }

        ThemedText {
            anchors.verticalCenter: parent.verticalCenter
            width: Math.min(implicitWidth, Math.max(0, pill.maximumWidth - x - tail.implicitWidth - 4 * Theme.unit))
            text: pill.text
            color: pill.hovered ? Theme.text : Theme.secondary
            font.pixelSize: Theme.smallSize
            elide: Text.ElideMiddle
        }

        Row {
            id: tail

            anchors.verticalCenter: parent.verticalCenter
            spacing: Theme.half

            ThemedText {
                anchors.verticalCenter: parent.verticalCenter
                visible: pill.loading
                text: qsTr("%1 %").arg(Math.round(100 * pill.model.progress))
                color: Theme.secondary
                font.pixelSize: Theme.smallSize
            }

            Icon {
                anchors.verticalCenter: parent.verticalCenter
                visible: pill.model.sees
                glyph: "eye"
                size: 15
            }

            Icon {
                anchors.verticalCenter: parent.verticalCenter
                glyph: "chevrons-up-down"
                size: 14
            }
        }
    }

    background: Rectangle {
        radius: height / 2
        color: pill.pressed ? Theme.pressed : pill.hovered ? Theme.hover : "transparent"

        FocusRing {
            shown: pill.visualFocus
            innerRadius: parent.radius
            offset: 0
        }
    }

    HoverHandler {
        cursorShape: Qt.PointingHandCursor
    }

    Loader {
        id: picker

        active: false

        sourceComponent: ModelPicker {
            parent: pill
            y: -height - Theme.unit
            model: pill.model
            adapters: pill.adapters
            onAdaptersRequested: {
                close();
                pill.adaptersRequested();
            }
        }
    }
}
