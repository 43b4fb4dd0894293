import QtQuick
import QtQuick.Layouts
import "../components"
import "../theme"

// One LoRA adapter of the picker: whether the conversation uses it and how strongly; why not if it does not suit.
//
// useRequested, strengthRequested, removeRequested: what the person wants. reached: the keyboard came to it.
Item {
    id: row

    required property string path
    required property string name
    required property string title
    required property string baseName
    required property int rank
    required property bool used
    required property real strength
    required property bool suits
    required property string reason
    readonly property bool holdsFocus: toggle.activeFocus || slider.activeFocus || removal.activeFocus
    readonly property string facts: {
        if (!suits)
            return reason;
        return [title, baseName === "" ? "" : qsTr("for %1").arg(baseName), rank > 0 ? qsTr("rank %1").arg(rank) : ""].filter(part => part !== "").join(" · ");
    }

    signal useRequested(bool used)
    signal strengthRequested(real strength)
    signal removeRequested
    signal reached

    function decimal(value: real): string {
        return Number(value).toLocaleString(Qt.locale(), "f", 2);
    }

    objectName: "adapterRow"
    implicitHeight: content.implicitHeight + 2 * Theme.unit
    onHoldsFocusChanged: if (holdsFocus) reached()
    Accessible.role: Accessible.ListItem
    Accessible.name: name
    Accessible.description: facts

    HoverHandler {
        id: hover
    }

    GridLayout {
        id: content

        anchors.left: parent.left
        anchors.right: parent.right
        anchors.verticalCenter: parent.verticalCenter
        anchors.leftMargin: Theme.unit
        anchors.rightMargin: Theme.half
        columns: 3
        columnSpacing: Theme.unit + Theme.half
        rowSpacing: 2

        Toggle {
            id: toggle

            objectName: "adapterSwitch"
            checked: row.used
            enabled: row.used || row.suits
            text: qsTr("Use %1").arg(row.name)
            Accessible.description: row.facts
            onToggled: {
                row.useRequested(checked);
                checked = Qt.binding(() => row.used);
            }
        }

        ThemedText {
            text: row.name
            color: row.suits ? Theme.text : Theme.secondary
            font.pixelSize: Theme.controlSize
            font.weight: row.used ? Font.DemiBold : Font.Normal
            elide: Text.ElideMiddle
            Layout.fillWidth: true
            Accessible.ignored: true
        }

        IconButton {
            id: removal

            objectName: "adapterRemove"
            opacity: hover.hovered || row.holdsFocus ? 1 : 0
            size: Theme.controlHeight - Theme.half
            glyphSize: 15
            glyph: "close"
            text: qsTr("Remove from the list")
            Accessible.description: row.name
            onClicked: row.removeRequested()
        }

        ThemedText {
            visible: row.facts !== ""
            text: row.facts
            color: row.suits ? Theme.secondary : row.used ? Theme.danger : Theme.faint
            font.pixelSize: Theme.smallSize
            wrapMode: row.suits ? Text.NoWrap : Text.Wrap
            elide: Text.ElideRight
            Layout.column: 1
            Layout.row: 1
            Layout.fillWidth: true
            Layout.columnSpan: 2
            Accessible.ignored: true
        }

        RowLayout {
            visible: row.used
            spacing: Theme.unit
            Layout.column: 1
            Layout.row: 2
            Layout.columnSpan: 2

            ThemedText {
                text: qsTr("Strength")
                color: Theme.secondary
                font.pixelSize: Theme.smallSize
                Accessible.ignored: true
            }

            ValueSlider {
                id: slider

                objectName: "adapterStrength"
                from: 0
                to: 2
                stepSize: 0.05
                home: 1
                value: row.strength
                text: qsTr("Strength of %1").arg(row.name)
                Accessible.description: qsTr("1 is as it was trained.")
                onCommitted: to => row.strengthRequested(to)
                Layout.fillWidth: true
            }

            ThemedText {
                objectName: "adapterScale"
                text: row.decimal(slider.pressed ? slider.value : row.strength)
                color: Theme.secondary
                font.pixelSize: Theme.smallSize
                font.features: ({ tnum: 1 })
                horizontalAlignment: Text.AlignRight
                Layout.preferredWidth: Math.round(4 * Theme.unit * Theme.textScale)
                Layout.rightMargin: Theme.half
                Accessible.ignored: true
            }
        }
    }
}
