pragma ComponentBehavior: Bound

import QtQuick

// All described settings of some sections, one below the other.
//
// sections: for example ["sampling"]. only: keys to show; empty for all. except: keys to leave out. ruled: a hairline below the last too.
// The rows stay while their values change, so a field that is being typed in keeps the keyboard.
Column {
    id: list

    required property var settings
    required property list<string> sections
    property list<string> only: []
    property list<string> except: []
    property bool ruled: false
    property var fields: []

    function refresh(): void {
        let found = [];
        for (const section of sections)
            found = found.concat(settings.fields(section));
        fields = found.filter(field => (only.length === 0 || only.includes(field.key)) && !except.includes(field.key));
    }

    width: parent ? parent.width : implicitWidth
    Component.onCompleted: refresh()

    Connections {
        target: list.settings

        function onFieldsChanged(section: string): void {
            if (list.sections.includes(section))
                list.refresh();
        }
    }
    Repeater {
        model: list.fields.length

        SettingField {
            required property int index

            width: list.width
            settings: list.settings
            field: list.fields[index]
            last: index === list.fields.length - 1 && !list.ruled
        }
    }
}
