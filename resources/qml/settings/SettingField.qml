pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import "../theme"
import "../components"

// A setting that is made from its description: `field` is one entry of SettingsViewModel.fields().
SettingRow {
    id: row

    required property var settings
    required property var field

    title: field.title
    description: field.description
    error: field.error
    isDefault: field.isDefault
    stacked: field.type === "str"
    onResetRequested: settings.resetValue(field.key)

    Loader {
        Layout.fillWidth: row.stacked
        sourceComponent: {
            switch (row.field.type) {
            case "bool":
                return toggle;
            case "choice":
                return choice;
            case "str":
                return words;
            default:
                return number;
            }
        }
    }
    Component {
        id: number

        NumberField {
            label: row.title
            value: row.field.value
            decimals: row.field.type === "float" ? 2 : 0
            minimum: row.field.minimum ?? -Infinity
            maximum: row.field.maximum ?? Infinity
            unit: row.field.unit
            invalid: row.error !== ""
            implicitWidth: Math.round(152 * Theme.textScale)
            onCommitted: text => row.settings.setValue(row.field.key, text)
        }
    }
    Component {
        id: toggle

        Toggle {
            text: row.title
            checked: row.field.value
            onToggled: row.settings.setValue(row.field.key, checked ? "true" : "false")
        }
    }
    Component {
        id: choice

        ChoiceField {
            label: row.title
            choices: row.field.choices
            value: row.field.value
            onChosen: value => row.settings.setValue(row.field.key, String(value))
        }
    }
    Component {
        id: words

        TextBox {
            id: box

            readonly property string stored: row.field.value

            label: row.title
            text: stored
            invalid: row.error !== ""
            onStoredChanged: text = stored
            onEditingFinished: {
                if (text !== stored)
                    row.settings.setValue(row.field.key, text);
            }
        }
    }
}
