pragma ComponentBehavior: Bound

import QtQuick
import "../components"
import "../theme"

// What goes with the next question; what sending it waits for, and what to do where the model cannot take it in.
//
// conversation: a ConversationViewModel. model: a ModelViewModel. ground: the colour below.
// removed: something was taken away. modelRequested: another model is to be chosen.
Column {
    id: strip

    required property var conversation
    required property var model
    property color ground: Theme.surface

    signal removed
    signal modelRequested

    visible: conversation.attachments.count > 0 || conversation.sendsWhenDescribed
    leftPadding: Theme.gutter
    rightPadding: Theme.gutter
    topPadding: Theme.gutter - Theme.half
    spacing: Theme.unit

    Flow {
        width: parent.width - 2 * Theme.gutter
        spacing: Theme.unit + Theme.half
        Accessible.role: Accessible.List
        Accessible.name: qsTr("Attachments")

        Repeater {
            model: strip.conversation.attachments

            RemovableThumbnail {
                required property string key

                objectName: "attachment"
                pictures: strip.conversation.pictures
                ground: strip.ground
                onRemoveRequested: {
                    strip.conversation.attachments.remove(key);
                    strip.removed();
                }
            }
        }
    }

    Row {
        visible: strip.conversation.sendsWhenDescribed
        spacing: Theme.unit

        Spinner {
            anchors.verticalCenter: parent.verticalCenter
            running: strip.conversation.sendsWhenDescribed
        }

        ThemedText {
            anchors.verticalCenter: parent.verticalCenter
            text: qsTr("It is sent as soon as the pictures are looked at.")
            color: Theme.secondary
            font.pixelSize: Theme.smallSize
            Accessible.role: Accessible.AlertMessage
        }
    }

    Row {
        visible: strip.model.blind
        spacing: Theme.unit

        ThemedText {
            anchors.verticalCenter: parent.verticalCenter
            text: qsTr("This model cannot see pictures.")
            color: Theme.warning
            font.pixelSize: Theme.smallSize
            Accessible.role: Accessible.AlertMessage
        }

        TextButton {
            compact: true
            tone: "accent"
            text: qsTr("Choose another model")
            onClicked: strip.modelRequested()
        }
    }
}
