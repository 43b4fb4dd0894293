import QtQuick
import QtQuick.Layouts
import "../theme"
import "../components"

// Something that is wrong, in one sentence, and what can be done about it.
//
// problem, remedy (may be empty), tone: "danger" or "warning", gap: empty px above and below the card.
// action: what the button below the words says; empty for none. Children stand beside it.
Card {
    id: card

    property string problem: ""
    property string remedy: ""
    property string tone: "danger"
    property string action: ""
    property int gap: 0
    default property alias actions: extra.data
    readonly property color ink: tone === "danger" ? Theme.danger : Theme.warning

    signal actionRequested

    width: parent ? parent.width : implicitWidth
    topInset: gap
    bottomInset: gap
    topPadding: gap + Theme.gutter
    bottomPadding: gap + Theme.gutter
    color: Qt.tint(Theme.page, Qt.alpha(ink, 0.07))
    outline: Qt.alpha(ink, 0.35)
    Accessible.role: Accessible.AlertMessage
    Accessible.name: problem + " " + remedy

    RowLayout {
        anchors.fill: parent
        spacing: Theme.unit + 2

        Icon {
            Layout.alignment: Qt.AlignTop
            glyph: "alert"
            color: card.ink
        }
        ColumnLayout {
            Layout.fillWidth: true
            spacing: Theme.half

            ThemedText {
                Layout.fillWidth: true
                text: card.problem
                wrapMode: Text.Wrap
                font.pixelSize: Theme.controlSize
            }
            ThemedText {
                Layout.fillWidth: true
                visible: text !== ""
                text: card.remedy
                wrapMode: Text.Wrap
                font.pixelSize: Theme.smallSize
                lineHeight: 1.25
                color: Theme.secondary
            }
            RowLayout {
                id: extra

                Layout.topMargin: Theme.half
                visible: card.action !== "" || children.length > 1
                spacing: Theme.unit

                TextButton {
                    visible: card.action !== ""
                    outlined: true
                    text: card.action
                    onClicked: card.actionRequested()
                }
            }
        }
    }
}
