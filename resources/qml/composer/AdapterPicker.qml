pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import QtQuick.Dialogs
import QtQuick.Layouts
import "../components"
import "../conversation"
import "../theme"

// The LoRA adapters that were added: which of them the conversation uses, how strongly, and a way to another file.
//
// adapters: an AdapterViewModel.
Popup {
    id: picker

    required property var adapters

    width: Math.min(460, (parent?.Window.width ?? 460) - 2 * Theme.gutter)
    height: Math.min(implicitHeight, (parent?.Window.height ?? 560) - 18 * Theme.unit)
    margins: Theme.unit
    padding: Theme.unit
    focus: true
    popupType: Popup.Item
    closePolicy: Popup.CloseOnEscape | Popup.CloseOnPressOutsideParent
    onOpened: {
        adapters.refresh();
        fileButton.forceActiveFocus(Qt.PopupFocusReason);
    }
    onClosed: adapters.dismissProblem()

    background: FloatingSurface {}

    contentItem: ColumnLayout {
        spacing: Theme.unit
        Accessible.role: Accessible.Dialog
        Accessible.name: qsTr("Adapters")

        RowLayout {
            Layout.leftMargin: Theme.unit
            Layout.rightMargin: Theme.half
            Layout.preferredHeight: Theme.controlHeight

            ThemedText {
                text: qsTr("Adapters")
                font.pixelSize: Theme.controlSize
                font.weight: Font.DemiBold
                Layout.fillWidth: true
            }

            Spinner {
                running: picker.adapters.loading
            }
        }

        ThemedText {
            text: list.count > 0 ? qsTr("They change how the model answers, in this conversation from the next answer on.") : qsTr("A LoRA adapter is a small file that changes how a model answers. Add one that was made for your model.")
            color: Theme.secondary
            font.pixelSize: Theme.smallSize
            wrapMode: Text.Wrap
            Layout.fillWidth: true
            Layout.leftMargin: Theme.unit
            Layout.rightMargin: Theme.unit
        }

        Loader {
            active: picker.adapters.problem !== ""
            visible: active
            Layout.fillWidth: true

            sourceComponent: ErrorCard {
                title: picker.adapters.problem
                remedy: picker.adapters.problemRemedy
                dismissible: true
                onDismissRequested: {
                    picker.adapters.dismissProblem();
                    fileButton.forceActiveFocus(Qt.OtherFocusReason);
                }
            }
        }

        ListView {
            id: list

            objectName: "adapterChoices"
            implicitHeight: contentHeight
            visible: count > 0
            model: picker.adapters.rows
            clip: true
            cacheBuffer: 4000 // Tab goes on to rows that are out of sight
            boundsBehavior: Flickable.StopAtBounds
            Layout.fillWidth: true
            Layout.fillHeight: true
            Accessible.role: Accessible.List
            Accessible.name: qsTr("Adapters")
            ScrollBar.vertical: ScrollHandle {
                id: bar
            }

            delegate: AdapterRow {
                required property int index

                width: list.width - (bar.visible ? bar.width : 0)
                onUseRequested: used => picker.adapters.use(path, used)
                onStrengthRequested: strength => picker.adapters.setScale(path, strength)
                onReached: list.positionViewAtIndex(index, ListView.Contain)
                onRemoveRequested: {
                    fileButton.forceActiveFocus(Qt.OtherFocusReason); // the row goes, and the keyboard would go with it
                    picker.adapters.remove(path);
                }
            }
        }

        Rectangle {
            Layout.fillWidth: true
            Layout.preferredHeight: 1
            color: Theme.hairline
        }

        TextButton {
            id: fileButton

            objectName: "adapterFileButton"
            glyph: "folder"
            text: qsTr("Add adapter file…")
            onClicked: dialogLoader.active = true
        }
    }

    Loader {
        id: dialogLoader

        active: false
        onLoaded: (item as FileDialog)?.open()
        sourceComponent: FileDialog {
            objectName: "adapterFileDialog"
            title: qsTr("Add adapter file")
            nameFilters: [qsTr("Adapters (*.gguf)")]
            onAccepted: {
                picker.adapters.addFile(selectedFile);
                dialogLoader.active = false;
            }
            onRejected: dialogLoader.active = false
        }
    }
}
