pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import QtQuick.Layouts
import "../components"
import "../theme"

// The same question answered with adapters and without, side by side; one below the other where the window is narrow.
// Esc closes; what is being written is written, and both stay as versions of the answer.
Popup {
    id: view

    required property var app
    readonly property var comparison: app.conversation.comparison
    readonly property bool stacked: width < 760
    property bool kept: false

    objectName: "compareView"
    parent: Overlay.overlay
    width: parent ? parent.width : 0
    height: parent ? parent.height : 0
    padding: Theme.gutter
    modal: true
    focus: true
    popupType: Popup.Item
    closePolicy: Popup.CloseOnEscape
    Component.onCompleted: open()
    onClosed: if (kept) app.composerFocusRequested() // the answer that had the keyboard may be gone

    Connections {
        target: view.comparison

        function onEnded(): void {
            view.close();
        }
    }

    background: Rectangle { color: Theme.page }
    contentItem: FocusScope {
        focus: true
        Accessible.role: Accessible.Dialog
        Accessible.name: heading.text

        ColumnLayout {
            anchors.fill: parent
            spacing: Theme.unit

            RowLayout {
                spacing: Theme.unit

                ThemedText {
                    id: heading

                    text: qsTr("With and without adapters")
                    font.pixelSize: Theme.headingSize
                    font.weight: Font.Medium
                    elide: Text.ElideRight
                    Layout.fillWidth: true
                    Accessible.role: Accessible.Heading
                }

                IconButton {
                    focus: true
                    glyph: "close"
                    text: qsTr("Close")
                    keys: qsTr("Esc")
                    onClicked: view.close()
                }
            }

            ThemedText {
                visible: text !== ""
                text: view.comparison.question
                color: Theme.secondary
                font.pixelSize: Theme.controlSize
                wrapMode: Text.Wrap
                maximumLineCount: 2
                elide: Text.ElideRight
                Layout.fillWidth: true
                Layout.bottomMargin: Theme.half
            }

            GridLayout {
                columns: view.stacked ? 1 : 2
                columnSpacing: Theme.gutter
                rowSpacing: Theme.unit + Theme.half
                uniformCellWidths: true
                uniformCellHeights: true
                Layout.fillWidth: true
                Layout.fillHeight: true

                Repeater {
                    model: [view.comparison.withAdapters, view.comparison.without]

                    CompareHalf {
                        required property var modelData

                        half: modelData
                        conversation: view.app.conversation
                        onCopyRequested: text => view.app.copyText(text)
                        onLinkRequested: url => linkLoader.setSource("LinkDialog.qml", { app: view.app, url: url })
                        onRetryRequested: view.comparison.retry(half)
                        onLessRequested: view.comparison.loadWithLess(half)
                        onRoomRequested: policy => view.comparison.makeRoom(half, policy)
                        onStopRequested: view.comparison.stop(half)
                        onKeepRequested: {
                            view.comparison.keep(half);
                            view.kept = true;
                            view.close();
                        }
                        Layout.fillWidth: true
                        Layout.fillHeight: true
                    }
                }
            }

            ThemedText {
                text: qsTr("Both stay as versions of the answer.")
                color: Theme.faint
                font.pixelSize: Theme.smallSize
                Layout.alignment: Qt.AlignHCenter
            }
        }

        Loader {
            id: linkLoader

            Connections {
                target: linkLoader.item
                ignoreUnknownSignals: true

                function onClosed(): void {
                    linkLoader.setSource("");
                }
            }
        }
    }
    enter: Transition {
        NumberAnimation { property: "opacity"; from: 0; to: 1; duration: Theme.motion }
    }
    exit: Transition {
        NumberAnimation { property: "opacity"; to: 0; duration: Theme.motion }
    }
}
