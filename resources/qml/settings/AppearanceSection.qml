import QtQuick
import "../theme"
import "../components"

// Theme, language, text size, motion.
Column {
    id: section

    required property var app
    readonly property var settings: app.settings

    SectionHeading { title: qsTr("Appearance") }
    SettingRow {
        title: qsTr("Theme")
        description: qsTr("“System” changes with your desktop.")

        SegmentedField {
            label: qsTr("Theme")
            choices: [
                { value: "system", title: qsTr("System") },
                { value: "light", title: qsTr("Light") },
                { value: "dark", title: qsTr("Dark") }
            ]
            value: section.settings.theme
            onChosen: value => section.settings.theme = value
        }
    }
    SettingRow {
        title: qsTr("Language")

        ChoiceField {
            label: qsTr("Language")
            choices: [
                { value: "system", title: qsTr("Language of the system") },
                { value: "en", title: "English" },
                { value: "zh_CN", title: "简体中文" }
            ]
            value: section.settings.language
            implicitWidth: Math.round(220 * Theme.textScale)
            onChosen: value => section.settings.language = value
        }
    }
    SettingRow {
        title: qsTr("Text size")

        SegmentedField {
            label: qsTr("Text size")
            choices: [
                { value: 0.9, title: qsTr("Small") },
                { value: 1.0, title: qsTr("Normal") },
                { value: 1.15, title: qsTr("Large") },
                { value: 1.3, title: qsTr("Largest") }
            ]
            value: section.settings.textScale
            onChosen: value => section.settings.textScale = value
        }
    }
    SettingRow {
        title: qsTr("Reduce motion")
        description: qsTr("Nothing slides or fades.")
        last: true

        Toggle {
            text: qsTr("Reduce motion")
            checked: section.settings.reduceMotion
            onToggled: section.settings.reduceMotion = checked
        }
    }
}
