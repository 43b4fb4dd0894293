import QtQuick
import QtQuick.Controls.Basic
import "theme"
import "components"
import "sidebar"
import "conversation"

// The main window: sidebar, page, and what lies over them.
ApplicationWindow {
    id: window

    required property var app
    readonly property bool narrow: width < 760
    property bool sidebarShown: true
    property bool drawerShown: false
    readonly property bool sidebarOpen: narrow ? drawerShown : sidebarShown
    // The drawer lies over the page and keeps the keyboard to itself.
    readonly property bool covered: narrow && drawerShown

    function showSidebar(shown: bool): void {
        if (narrow)
            drawerShown = shown;
        else
            sidebarShown = shown;
        if (!shown)
            focusPage();
        else if (narrow)
            sidebar.forceActiveFocus();
    }

    function focusPage(): void {
        if (app.page === "chat")
            app.composerFocusRequested();
        else
            settings.forceActiveFocus();
    }

    function showSearch(): void {
        showSidebar(true);
        sidebar.focusSearch();
    }

    function showDialog(file: string, properties: var): void {
        dialogLoader.setSource("");
        dialogLoader.setSource(Qt.resolvedUrl("dialogs/" + file), properties);
    }

    function askBeforeOpening(url: string): void {
        showDialog("LinkDialog.qml", { app: window.app, url: url });
    }

    function showPicture(messageId: string, position: int): void {
        const shown = app.conversation.messages.allPictures();
        const index = shown.findIndex(picture => picture.messageId === messageId && picture.position === position);
        if (index >= 0)
            showDialog("ImageViewer.qml", { pictures: app.conversation.pictures, shown: shown, index: index });
    }

    function compare(messageId: string): void {
        if (app.conversation.compare(messageId))
            showDialog("CompareView.qml", { app: window.app });
    }

    function exportConversation(conversationId: string, title: string, format: string): void {
        showDialog("ExportDialog.qml", {
            app: window.app,
            conversationId: conversationId,
            conversationTitle: title,
            format: format
        });
    }

    width: 1120
    height: 760
    minimumWidth: 480
    minimumHeight: 420
    visible: true
    title: app.conversation.title === "" ? "Famulus" : app.conversation.title + " - Famulus"
    color: Theme.page
    font.pixelSize: Theme.bodySize
    // For the one thing that is not ours: the file dialog where the desktop brings none of its own.
    palette {
        window: Theme.page
        windowText: Theme.text
        base: Theme.surface
        alternateBase: Theme.sunken
        text: Theme.text
        button: Theme.sunken
        buttonText: Theme.text
        brightText: Theme.text
        placeholderText: Theme.faint
        light: Theme.hover
        midlight: Theme.hairline
        mid: Theme.hairline
        dark: Theme.secondary
        shadow: Theme.hairline
        highlight: Theme.accent
        highlightedText: Theme.accentText
        link: Theme.accent
        toolTipBase: Theme.text
        toolTipText: Theme.page
    }

    onNarrowChanged: drawerShown = false
    onClosing: close => {
        if (app.closeRequested()) {
            close.accepted = false;
            hide();
        }
    }

    Binding { target: Theme; property: "dark"; value: window.app.settings.dark }
    Binding { target: Theme; property: "textScale"; value: window.app.settings.textScale }
    Binding { target: Theme; property: "reduceMotion"; value: window.app.settings.motionReduced }

    Shortcut { sequence: "Ctrl+Q"; onActivated: window.app.quitRequested() }
    Shortcut { sequence: "Ctrl+N"; onActivated: window.app.newChat() }
    Shortcut { sequence: "Ctrl+K"; onActivated: window.showSearch() }
    Shortcut { sequence: "Ctrl+,"; onActivated: window.app.page = "settings" }
    Shortcut { sequence: "Ctrl+B"; onActivated: window.showSidebar(!window.sidebarOpen) }
    Shortcut {
        sequence: "Ctrl+L"
        onActivated: {
            window.app.page = "chat";
            window.app.composerFocusRequested();
        }
    }
    Shortcut {
        sequence: "Ctrl+Shift+C"
        onActivated: window.app.copyText(window.app.conversation.lastAnswer())
    }
    Shortcut {
        sequence: "F1"
        onActivated: window.showDialog("ShortcutsDialog.qml", { app: window.app })
    }

    Connections {
        target: window.app

        function onRaiseRequested(): void {
            if (window.visibility === Window.Minimized)
                window.showNormal();
            else
                window.show();
            window.raise();
            window.requestActivate();
        }
        function onComposerFocusRequested(): void {
            window.drawerShown = false;
        }
        function onPageChanged(): void {
            window.drawerShown = false;
        }
        function onPictureRequested(messageId: string, position: int): void {
            window.showPicture(messageId, position);
        }
        function onAnnounced(words: string): void {
            content.Accessible.announce(words, Accessible.Polite);
        }
    }

    Item {
        id: content

        anchors.fill: parent

        SidebarRail {
            id: rail

            height: parent.height
            visible: window.narrow || !window.sidebarShown
            enabled: !window.covered
            app: window.app
            onExpandRequested: window.showSidebar(true)
            onSearchRequested: window.showSearch()
        }
        Item {
            id: page

            anchors.fill: parent
            anchors.leftMargin: rail.visible ? rail.width : sidebar.width
            enabled: !window.covered

            ConversationPage {
                anchors.fill: parent
                visible: window.app.page === "chat"
                app: window.app
                onLinkActivated: url => window.askBeforeOpening(url)
                onPictureRequested: (messageId, position) => window.showPicture(messageId, position)
                onCompareRequested: messageId => window.compare(messageId)
                onExportRequested: (conversationId, title, format) => window.exportConversation(conversationId, title, format)
            }
            Loader {
                id: settings

                readonly property bool wanted: window.app.page === "settings"

                anchors.fill: parent
                focus: wanted
                onWantedChanged: setSource(wanted ? Qt.resolvedUrl("settings/SettingsPage.qml") : "", { app: window.app })
            }
        }
        Rectangle {
            anchors.fill: parent
            visible: opacity > 0
            opacity: window.covered ? 1 : 0
            color: Theme.scrim

            Behavior on opacity { NumberAnimation { duration: Theme.motion } }
            TapHandler { enabled: window.drawerShown; onTapped: window.showSidebar(false) }
            HoverHandler { blocking: true }
        }
        Sidebar {
            id: sidebar

            x: window.sidebarOpen ? 0 : -width
            width: Theme.sidebarWidth
            height: parent.height
            visible: x > -width
            enabled: window.sidebarOpen
            app: window.app
            Keys.onEscapePressed: event => {
                event.accepted = window.narrow;
                if (window.narrow)
                    window.showSidebar(false);
            }
            onCollapseRequested: window.showSidebar(false)
            onDeparted: window.drawerShown = false
            onExportRequested: (conversationId, title, format) => window.exportConversation(conversationId, title, format)

            Behavior on x { NumberAnimation { duration: Theme.slowMotion; easing.type: Easing.OutCubic } }
        }
        DropZone {
            anchors.fill: parent
            sees: window.app.model.state !== "none" && !window.app.model.blind && window.app.page === "chat"
            onFilesDropped: urls => window.app.droppedFiles(urls)
        }
        Toast {
            x: page.x + Math.round((page.width - width) / 2)
            width: Math.min(implicitWidth, page.width - 2 * Theme.gutter)
            y: 56
            text: window.app.notice.text
            actionText: window.app.notice.action === "undoDelete" ? qsTr("Undo") : window.app.notice.action === "openFolder" ? qsTr("Open folder") : ""
            onHeldChanged: window.app.notice.hold(held)
            onActionTriggered: {
                window.app.notice.run();
                window.focusPage(); // the toast goes, and the keyboard would go with it
            }
            onDismissed: {
                window.app.notice.dismiss();
                window.focusPage();
            }
        }
    }
    Loader {
        id: dialogLoader

        Connections {
            target: dialogLoader.item
            ignoreUnknownSignals: true

            function onClosed(): void {
                dialogLoader.setSource("");
            }
        }
    }
}
