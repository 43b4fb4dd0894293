import QtQuick
import QtQuick.Layouts
import "../components"
import "../theme"

// What went wrong, in plain words, with what helps.
//
// action: the button beside Retry that the kind of error asks for; empty for none. choices: what else can be done, below
// the words; null for nothing. calm: it is a decision, and nothing went wrong.
Rectangle {
    id: card

    required property string title
    required property string remedy
    property bool canRetry: false
    property bool dismissible: false
    property string action: ""
    property Component choices: null
    property bool calm: false
    readonly property color tone: calm ? Theme.warning : Theme.danger

    signal retryRequested
    signal actionRequested
    signal dismissRequested

    implicitHeight: content.implicitHeight + 2 * Theme.gutter
    radius: Theme.radiusCard
    color: Theme.surface
    border.width: 1
    border.color: Qt.alpha(tone, 0.55)
    Accessible.role: Accessible.AlertMessage
    Accessible.name: remedy === "" ? title : title + " " + remedy

    RowLayout {
        id: content

        anchors.fill: parent
        anchors.margins: Theme.gutter
        spacing: Theme.unit + Theme.half

        Icon {
            glyph: card.calm ? "gauge" : "alert"
            size: 20
            color: card.tone
            Layout.alignment: Qt.AlignTop
        }

        ColumnLayout {
            spacing: Theme.half

            ThemedText {
                text: card.title
                font.weight: Font.DemiBold
                wrapMode: Text.Wrap
                Layout.fillWidth: true
                Accessible.ignored: true
            }

            ThemedText {
                visible: text !== ""
                text: card.remedy
                color: Theme.secondary
                font.pixelSize: Theme.controlSize
                wrapMode: Text.Wrap
                lineHeight: 1.25
                Layout.fillWidth: true
                Accessible.ignored: true
            }

            Loader {
                active: card.choices !== null
                visible: active
                sourceComponent: card.choices
                Layout.fillWidth: true
                Layout.topMargin: Theme.unit
            }

            RowLayout {
                visible: card.canRetry || card.action !== ""
                spacing: Theme.unit
                Layout.topMargin: Theme.unit

                PrimaryButton {
                    visible: card.canRetry
                    glyph: "refresh"
                    text: qsTr("Retry")
                    onClicked: card.retryRequested()
                }

                TextButton {
                    visible: card.action !== ""
                    outlined: true
                    text: card.action
                    onClicked: card.actionRequested()
                }
            }
        }

        IconButton {
            visible: card.dismissible
            size: Theme.controlHeight - Theme.half
            glyphSize: 16
            glyph: "close"
            text: qsTr("Dismiss")
            onClicked: card.dismissRequested()
            Layout.alignment: Qt.AlignTop
        }
    }
}
