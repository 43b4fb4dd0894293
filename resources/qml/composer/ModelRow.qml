import QtQuick
import QtQuick.Controls.Basic
import QtQuick.Layouts
import "../components"
import "../theme"

// One model of the picker: name, size, context, and whether it fits; what is wrong with it if it is broken.
ItemDelegate {
    id: row

    required property string name
    required property string path
    required property real sizeBytes
    required property string quantization
    required property int contextPlanned
    required property string fit
    required property bool isStarter
    required property bool isCurrent
    required property bool sees
    required property string errorTitle
    required property string errorRemedy
    readonly property bool broken: fit === "broken"
    readonly property string facts: {
        if (broken)
            return errorRemedy === "" ? errorTitle : errorTitle + " " + errorRemedy;
        const parts = [isStarter ? qsTr("Starter model") : "", quantization, Qt.locale().formattedDataSize(sizeBytes, 1, Locale.DataSizeSIFormat)];
        if (contextPlanned > 0)
            parts.push(qsTr("%1 tokens").arg(Number(contextPlanned).toLocaleString(Qt.locale(), "f", 0)));
        return parts.filter(part => part !== "").join(" · ");
    }

    signal chosen(string path)
    signal forgotten(string path)

    implicitHeight: implicitContentHeight + topPadding + bottomPadding
    padding: Theme.unit
    focusPolicy: Qt.NoFocus
    highlighted: ListView.isCurrentItem && (ListView.view?.activeFocus ?? false)
    Accessible.name: isCurrent ? qsTr("%1, in use").arg(name) : name
    Accessible.description: [badge.word + ".", sees ? qsTr("Sees pictures.") : "", facts].filter(part => part !== "").join(" ")
    onClicked: choose()

    function choose(): void {
        if (!broken)
            chosen(path);
    }

    function forget(): void {
        if (!isStarter)
            forgotten(path);
    }

    contentItem: RowLayout {
        spacing: Theme.unit

        Icon {
            glyph: row.isCurrent ? "check" : ""
            size: 16
            color: Theme.accent
        }

        ColumnLayout {
            spacing: 1

            ThemedText {
                text: row.name
                color: row.broken ? Theme.secondary : Theme.text
                font.pixelSize: Theme.controlSize
                font.weight: row.isCurrent ? Font.DemiBold : Font.Normal
                elide: Text.ElideMiddle
                Layout.fillWidth: true
            }

            ThemedText {
                text: row.facts
                color: Theme.secondary
                font.pixelSize: Theme.smallSize
                wrapMode: row.broken ? Text.Wrap : Text.NoWrap
                elide: Text.ElideRight
                Layout.fillWidth: true
            }
        }

        IconButton {
            opacity: !row.isStarter && (row.hovered || row.highlighted || visualFocus) ? 1 : 0
            enabled: !row.isStarter
            size: Theme.controlHeight - Theme.half
            glyphSize: 15
            glyph: "close"
            text: qsTr("Remove from the list")
            onClicked: row.forget()
        }

        Icon {
            objectName: "seesMark"
            visible: row.sees
            glyph: "eye"
            size: 16
        }

        FitBadge {
            id: badge

            fit: row.fit
        }
    }

    background: Rectangle {
        radius: Theme.radiusControl
        color: row.down ? Theme.pressed : row.hovered ? Theme.hover : "transparent"

        FocusRing {
            shown: row.highlighted
            offset: -2
        }
    }
}
