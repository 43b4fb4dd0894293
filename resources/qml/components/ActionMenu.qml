import QtQuick
import QtQuick.Controls.Basic
import "../theme"

// A menu of MenuEntry and MenuRule. Open it with `popup()` at the pointer or `popup(item, x, y)`.
Menu {
    id: menu

    implicitWidth: Math.max(180, contentItem.implicitWidth + leftPadding + rightPadding)
    implicitHeight: contentItem.implicitHeight + topPadding + bottomPadding
    padding: 5
    margins: Theme.unit
    popupType: Popup.Item

    contentItem: ListView {
        implicitHeight: contentHeight
        implicitWidth: {
            let widest = 0;
            for (let row = 0; row < menu.count; row += 1)
                widest = Math.max(widest, menu.itemAt(row).implicitWidth);
            return widest;
        }
        model: menu.contentModel
        currentIndex: menu.currentIndex
        interactive: contentHeight > height
        clip: interactive
        ScrollBar.vertical: ScrollHandle {}
    }
    background: FloatingSurface {}
    enter: Transition {
        NumberAnimation { property: "opacity"; from: 0; to: 1; duration: Theme.motion }
    }
    exit: Transition {
        NumberAnimation { property: "opacity"; to: 0; duration: Theme.motion }
    }
}
