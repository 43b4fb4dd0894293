import QtQuick
import QtQuick.Controls.Basic
import "../../components"
import "../../theme"

// Scrolls what is wider than the column sideways; the wheel's up and down stay with the page.
//
// barRoom: px left below the content for the scroll bar.
Flickable {
    id: view

    property int barRoom: Theme.unit + Theme.half
    readonly property bool scrolls: contentWidth > width

    clip: scrolls
    flickableDirection: Flickable.HorizontalFlick
    boundsBehavior: Flickable.StopAtBounds
    interactive: scrolls
    acceptedButtons: Qt.NoButton
    implicitHeight: contentHeight + (scrolls ? barRoom : 0)
    activeFocusOnTab: scrolls
    Keys.onLeftPressed: move(-Theme.margin)
    Keys.onRightPressed: move(Theme.margin)

    function move(distance: real): void {
        contentX = Math.max(0, Math.min(contentWidth - width, contentX + distance));
    }

    WheelHandler {
        acceptedModifiers: Qt.ShiftModifier
        enabled: view.scrolls
        onWheel: event => view.move(-(event.angleDelta.y + event.angleDelta.x) / 2)
    }

    ScrollBar.horizontal: ScrollHandle {
        visible: view.scrolls
    }
}
