pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import QtQuick.Layouts
import "../theme"
import "../components"

// The keyboard map.
DialogFrame {
    id: dialog

    required property var app

    readonly property var groups: [
        {
            title: qsTr("Everywhere"),
            rows: [
                [qsTr("New chat"), "Ctrl+N"],
                [qsTr("Search everything"), "Ctrl+K"],
                [qsTr("Message field"), "Ctrl+L"],
                [qsTr("Copy last answer"), "Ctrl+Shift+C"],
                [qsTr("Show or hide the sidebar"), "Ctrl+B"],
                [qsTr("Settings"), "Ctrl+,"],
                [qsTr("This list"), "F1"],
                [qsTr("Quit"), "Ctrl+Q"]
            ]
        },
        {
            title: qsTr("Message field"),
            rows: [
                [qsTr("Send"), qsTr("Enter", "key")],
                [qsTr("New line"), qsTr("Shift+Enter", "key")],
                [qsTr("Paste text or pictures"), "Ctrl+V"],
                [qsTr("Edit your last message"), qsTr("Up", "key")],
                [qsTr("Send the edited message"), qsTr("Ctrl+Enter", "key")],
                [qsTr("Stop the answer"), qsTr("Esc", "key")]
            ]
        },
        {
            title: qsTr("Pictures"),
            rows: [
                [qsTr("Picture before"), qsTr("Left", "key")],
                [qsTr("Next picture"), qsTr("Right", "key")]
            ]
        },
        {
            title: qsTr("Conversations"),
            rows: [
                [qsTr("Rename"), "F2"],
                [qsTr("Delete"), qsTr("Del", "key")]
            ]
        },
        {
            title: qsTr("Quick chat"),
            rows: [
                ...(app.quickChat.shortcutState === "on" ? [[qsTr("Show or hide, from any program"), app.quickChat.shortcut]] : []),
                [qsTr("Continue in the window"), qsTr("Ctrl+Enter", "key")],
                [qsTr("New chat"), "Ctrl+N"],
                [qsTr("Hide"), qsTr("Esc", "key")]
            ]
        }
    ]

    heading: qsTr("Keyboard shortcuts")
    closeButton: true
    frameWidth: 460
    Component.onCompleted: open()

    Flickable {
        id: scroller

        Layout.fillWidth: true
        Layout.fillHeight: true
        Layout.preferredHeight: contentHeight
        contentHeight: lists.implicitHeight
        boundsBehavior: Flickable.StopAtBounds
        clip: true
        focus: true
        activeFocusOnTab: interactive
        Accessible.role: Accessible.Pane
        Accessible.name: dialog.heading
        interactive: contentHeight > height
        ScrollBar.vertical: ScrollHandle { x: scroller.width + 6 }
        Keys.onDownPressed: scroller.flick(0, -600)
        Keys.onUpPressed: scroller.flick(0, 600)

        ColumnLayout {
            id: lists

            width: parent.width
            spacing: Theme.half

            Repeater {
                model: dialog.groups

                ColumnLayout {
                    id: group

                    required property var modelData
                    required property int index

                    Layout.fillWidth: true
                    Layout.topMargin: index === 0 ? 0 : Theme.unit
                    spacing: 0

                    ThemedText {
                        Layout.bottomMargin: 2
                        text: group.modelData.title
                        font.pixelSize: Theme.smallSize
                        color: Theme.faint
                        Accessible.role: Accessible.Heading
                    }
                    Repeater {
                        model: group.modelData.rows

                        RowLayout {
                            id: line

                            required property var modelData

                            Layout.fillWidth: true
                            Layout.preferredHeight: 27

                            ThemedText {
                                Layout.fillWidth: true
                                text: line.modelData[0]
                                elide: Text.ElideRight
                                font.pixelSize: Theme.controlSize
                            }
                            KeyCaps { keys: line.modelData[1] }
                        }
                    }
                }
            }
        }
    }
}
