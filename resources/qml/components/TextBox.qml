import QtQuick
import QtQuick.Controls.Basic
import "../theme"

// Several lines of text, growing from `minimumLines` to `maximumLines`, then scrolling.
//
// text, placeholderText, label (accessible name), invalid, minimumLines, maximumLines.
// editingFinished(): the keyboard has left the field.
ScrollView {
    id: box

    property alias text: area.text
    property alias placeholderText: area.placeholderText
    property alias input: area
    property string label: placeholderText
    property bool invalid: false
    property int minimumLines: 3
    property int maximumLines: 8
    readonly property real textLine: metrics.lineSpacing

    signal editingFinished

    implicitWidth: 320
    implicitHeight: Math.min(Math.max(area.contentHeight, minimumLines * textLine), maximumLines * textLine) + 18
    contentWidth: availableWidth
    ScrollBar.horizontal.policy: ScrollBar.AlwaysOff
    ScrollBar.vertical: ScrollHandle {
        parent: box
        x: box.width - width - 2
        y: 2
        height: box.height - 4
    }

    background: Rectangle {
        radius: Theme.radiusControl
        color: Theme.surface
        border.width: area.activeFocus ? 2 : 1
        border.color: box.invalid ? Theme.danger : area.activeFocus ? Theme.accent : area.hovered ? Theme.outlineHover : Theme.hairline
    }

    FontMetrics { id: metrics; font: area.font }

    TextArea {
        id: area

        leftPadding: 10
        rightPadding: 14
        topPadding: 9
        bottomPadding: 9
        color: Theme.text
        placeholderTextColor: Theme.faint
        selectionColor: Theme.selection
        selectedTextColor: Theme.text
        font.pixelSize: Theme.controlSize
        wrapMode: TextEdit.Wrap
        textFormat: TextEdit.PlainText
        background: null
        ContextMenu.menu: TextMenu { editor: area }
        activeFocusOnTab: true
        KeyNavigation.priority: KeyNavigation.BeforeItem
        Keys.onTabPressed: nextItemInFocusChain(true).forceActiveFocus(Qt.TabFocusReason)
        Keys.onBacktabPressed: nextItemInFocusChain(false).forceActiveFocus(Qt.BacktabFocusReason)
        onActiveFocusChanged: {
            if (!activeFocus)
                box.editingFinished();
        }
        Accessible.name: box.label
    }
}
