pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import QtQuick.Layouts
import "../components"
import "../conversation"
import "../theme"

// The models that were used before, whether each fits into memory, and a way to another file or to adapters.
//
// model: a ModelViewModel. adapters: an AdapterViewModel. adaptersRequested: their picker is to be opened.
Popup {
    id: picker

    required property var model
    required property var adapters

    signal adaptersRequested

    width: Math.min(460, (parent?.Window.width ?? 460) - 2 * Theme.gutter)
    height: Math.min(implicitHeight, (parent?.Window.height ?? 560) - 18 * Theme.unit)
    margins: Theme.unit
    padding: Theme.unit
    focus: true
    popupType: Popup.Item
    closePolicy: Popup.CloseOnEscape | Popup.CloseOnPressOutsideParent
    onOpened: {
        model.refreshChoices();
        list.forceActiveFocus(Qt.PopupFocusReason);
    }

    function select(row: int): void {
        list.currentIndex = row;
    }

    background: FloatingSurface {}

    contentItem: ColumnLayout {
        spacing: Theme.unit
        Accessible.role: Accessible.Dialog
        Accessible.name: qsTr("Models")

        RowLayout {
            Layout.leftMargin: Theme.unit
            Layout.rightMargin: Theme.half
            Layout.preferredHeight: Theme.controlHeight

            ThemedText {
                text: qsTr("Model")
                font.pixelSize: Theme.controlSize
                font.weight: Font.DemiBold
                Layout.fillWidth: true
            }

            Spinner {
                running: picker.model.choices.loading
            }
        }

        RowLayout {
            visible: picker.model.state === "loading"
            spacing: Theme.unit
            Layout.leftMargin: Theme.unit
            Layout.rightMargin: Theme.half

            ProgressLine {
                value: picker.model.progress
                label: qsTr("Loading %1").arg(picker.model.name)
                Layout.fillWidth: true
            }

            TextButton {
                compact: true
                text: qsTr("Cancel")
                onClicked: picker.model.cancelLoad()
            }
        }

        Loader {
            active: picker.model.problem !== ""
            visible: active
            Layout.fillWidth: true

            sourceComponent: ErrorCard {
                title: picker.model.problem
                remedy: picker.model.problemRemedy
                canRetry: true
                action: picker.model.offersLess ? qsTr("Load it so") : ""
                onRetryRequested: picker.model.reload()
                onActionRequested: picker.model.loadWithLess()
            }
        }

        ListView {
            id: list

            objectName: "modelChoices"
            implicitHeight: contentHeight
            model: picker.model.choices
            clip: true
            boundsBehavior: Flickable.StopAtBounds
            keyNavigationEnabled: true
            activeFocusOnTab: true
            Layout.fillWidth: true
            Layout.fillHeight: true
            Keys.onReturnPressed: (currentItem as ModelRow)?.choose()
            Keys.onEnterPressed: (currentItem as ModelRow)?.choose()
            Keys.onSpacePressed: (currentItem as ModelRow)?.choose()
            Keys.onDeletePressed: (currentItem as ModelRow)?.forget()
            Accessible.role: Accessible.List
            Accessible.name: qsTr("Models")
            ScrollBar.vertical: ScrollHandle {
                id: bar
            }

            delegate: ModelRow {
                required property int index

                // Later, because the list selects its first row when it is filled.
                Component.onCompleted: if (isCurrent) Qt.callLater(picker.select, index)
                width: list.width - (bar.visible ? bar.width : 0)
                onChosen: path => {
                    picker.model.choose(path);
                    picker.close();
                }
                onForgotten: path => picker.model.forget(path)
            }
        }

        Rectangle {
            Layout.fillWidth: true
            Layout.preferredHeight: 1
            color: Theme.hairline
        }

        RowLayout {
            spacing: Theme.half

            ModelFileButton {
                objectName: "pickerFileButton"
                outlined: false
                text: qsTr("Choose a file…")
                model: picker.model
            }

            TextButton {
                objectName: "pickerAdaptersButton"
                visible: picker.model.name !== ""
                glyph: "sliders"
                text: picker.adapters.offered ? qsTr("Adapters…") : qsTr("Add an adapter…")
                onClicked: picker.adaptersRequested()
            }
        }
    }
}
