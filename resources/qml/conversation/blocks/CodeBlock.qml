import QtQuick
import QtQuick.Controls.Basic
import ".."
import "../../components"
import "../../theme"

// Program text: language and Copy above it, never folded.
Rectangle {
    id: block

    required property string html
    required property string plain
    required property string language

    signal copyRequested(string text)

    implicitHeight: header.height + view.height
    radius: Theme.radiusCard
    color: Theme.sunken
    Accessible.role: Accessible.Grouping
    Accessible.name: language === "" ? qsTr("Code") : qsTr("Code in %1").arg(language)

    Item {
        id: header

        width: parent.width
        height: Theme.controlHeight + Theme.half

        ThemedText {
            anchors.verticalCenter: parent.verticalCenter
            x: Theme.gutter
            width: parent.width - copyButton.width - 2 * Theme.gutter
            text: block.language
            color: Theme.secondary
            font.pixelSize: Theme.smallSize
            elide: Text.ElideRight
            Accessible.ignored: true
        }

        CopyButton {
            id: copyButton

            anchors.right: parent.right
            anchors.rightMargin: Theme.half
            anchors.verticalCenter: parent.verticalCenter
            labelled: true
            onClicked: block.copyRequested(block.plain)
        }
    }

    SidewaysView {
        id: view

        anchors.top: header.bottom
        width: parent.width
        contentWidth: code.implicitWidth
        contentHeight: code.implicitHeight
        barRoom: 0
        Accessible.ignored: !scrolls // else Tab reaches it
        Accessible.role: Accessible.Pane
        Accessible.name: block.Accessible.name

        TextEdit {
            id: code

            width: Math.max(implicitWidth, view.width)
            leftPadding: Theme.gutter
            rightPadding: Theme.gutter
            bottomPadding: Theme.gutter
            text: block.html
            textFormat: TextEdit.RichText
            wrapMode: TextEdit.NoWrap
            readOnly: true
            selectByMouse: true
            color: Theme.text
            font.family: Theme.codeFamily
            font.pixelSize: Theme.codeSize
            selectionColor: Theme.selection
            selectedTextColor: Theme.text
            ContextMenu.menu: TextMenu {
                editor: code
            }

            HoverHandler {
                cursorShape: Qt.IBeamCursor
            }
        }
    }
}
