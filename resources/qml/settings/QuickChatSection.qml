import QtQuick
import "../components"

// The panel that a shortcut opens from any program, and how Famulus stays at hand for it.
Column {
    id: section

    required property var app
    readonly property var settings: app.settings
    readonly property var quickChat: app.quickChat

    SectionHeading {
        title: qsTr("Quick chat")
        note: qsTr("A small panel for a short question, over whatever program you are in.")
    }
    SettingRow {
        title: qsTr("Open with a shortcut")
        description: qsTr("The keys are taken only while this is on.")

        Toggle {
            text: qsTr("Open with a shortcut")
            checked: section.settings.quickChatEnabled
            onToggled: section.settings.quickChatEnabled = checked
        }
    }
    SettingRow {
        visible: section.settings.quickChatEnabled
        title: qsTr("Shortcut")
        last: true

        ShortcutField {
            keys: section.settings.shortcut
            onRecorded: keys => section.settings.shortcut = keys
        }
    }
    ShortcutState {
        visible: section.settings.quickChatEnabled
        app: section.app
    }
    SettingRow {
        title: qsTr("Keep running when the window is closed")
        description: qsTr("Famulus stays in the tray, so that quick chat opens at once.")

        Toggle {
            text: qsTr("Keep running when the window is closed")
            checked: section.settings.closeToTray
            onToggled: section.settings.closeToTray = checked
        }
    }
    SettingRow {
        title: qsTr("Start at login")
        description: section.settings.startAtLoginPossible ? "" : qsTr("Not possible for this installation.")
        last: true

        Toggle {
            text: qsTr("Start at login")
            enabled: section.settings.startAtLoginPossible
            checked: section.settings.startAtLogin
            onToggled: section.settings.startAtLogin = checked
        }
    }
}
