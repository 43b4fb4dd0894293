import QtQuick

// How the next token is chosen.
Column {
    id: section

    required property var app

    SectionHeading {
        title: qsTr("Sampling")
        note: qsTr("How the next word is chosen. It holds from your next message on.")
    }
    FieldList {
        settings: section.app.settings
        sections: ["sampling"]
    }
}
