pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import QtQuick.Layouts
import "../theme"
import "../components"

// The settings: sections at the left, the chosen one beside them. Esc goes back to the chat.
FocusScope {
    id: page

    required property var app
    property string section: "appearance"
    readonly property bool wide: width >= 680
    readonly property var sections: [
        { value: "appearance", glyph: "palette", file: "AppearanceSection.qml", title: qsTr("Appearance") },
        { value: "model", glyph: "model", file: "ModelSection.qml", title: qsTr("Model") },
        { value: "sampling", glyph: "gauge", file: "SamplingSection.qml", title: qsTr("Sampling") },
        { value: "context", glyph: "chat", file: "ContextSection.qml", title: qsTr("Context") },
        { value: "quick", glyph: "bolt", file: "QuickChatSection.qml", title: qsTr("Quick chat") },
        { value: "data", glyph: "database", file: "DataSection.qml", title: qsTr("Data") }
    ]

    function close(): void {
        app.page = "chat";
        app.composerFocusRequested();
    }

    function showSection(): void {
        const chosen = sections.find(entry => entry.value === section);
        content.setSource(Qt.resolvedUrl(chosen.file), { app: page.app });
        scroller.contentY = 0;
    }

    objectName: "settingsPage"
    focus: true
    Keys.onEscapePressed: close()
    Component.onCompleted: {
        showSection();
        closeButton.forceActiveFocus();
    }
    onSectionChanged: showSection()

    RowLayout {
        id: header

        x: Math.round((page.width - width) / 2)
        y: Theme.margin
        width: Math.min(page.width - 2 * Theme.margin, 856)
        spacing: Theme.gutter

        ThemedText {
            text: qsTr("Settings")
            font.pixelSize: page.wide ? Theme.titleSize : Theme.headingSize
            font.weight: Font.Medium
            Accessible.role: Accessible.Heading
        }
        Item { Layout.fillWidth: true }
        ChoiceField {
            visible: !page.wide
            implicitWidth: Math.min(200, header.width - 160 * Theme.textScale)
            label: qsTr("Section")
            choices: page.sections
            value: page.section
            onChosen: value => page.section = value
        }
        IconButton {
            id: closeButton

            glyph: "close"
            text: qsTr("Close settings")
            keys: qsTr("Esc", "key")
            onClicked: page.close()
        }
    }
    Column {
        id: navigation

        x: header.x - 10
        z: 1 // above the scroller, which takes the clicks on all of its width
        anchors.top: header.bottom
        anchors.topMargin: Theme.margin
        width: 176
        spacing: 2
        visible: page.wide
        Accessible.role: Accessible.PageTabList
        Accessible.name: qsTr("Sections")

        Repeater {
            model: page.sections

            NavButton {
                required property var modelData

                width: navigation.width
                glyph: modelData.glyph
                text: modelData.title
                checked: page.section === modelData.value
                onClicked: page.section = modelData.value
            }
        }
    }
    Flickable {
        id: scroller

        anchors.top: header.bottom
        anchors.topMargin: Theme.margin
        anchors.bottom: parent.bottom
        anchors.right: parent.right
        anchors.left: parent.left
        contentHeight: column.height
        boundsBehavior: Flickable.StopAtBounds
        clip: true
        ScrollBar.vertical: ScrollHandle {}

        Column {
            id: column

            x: page.wide ? navigation.x + navigation.width + 40 : header.x
            width: header.x + header.width - x
            bottomPadding: Theme.margin * 2
            spacing: Theme.margin

            ProblemCard {
                visible: page.app.settings.problem !== ""
                problem: page.app.settings.problem
                remedy: page.app.settings.problemRemedy
            }
            Loader {
                id: content

                width: parent.width
            }
        }
    }
}
