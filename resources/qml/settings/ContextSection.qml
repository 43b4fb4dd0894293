import QtQuick

// What the model sees with every message: how much of the conversation, and the instruction before it.
Column {
    id: section

    required property var app

    SectionHeading {
        title: qsTr("Context")
        note: qsTr("What the model has before its eyes while it answers.")
    }
    FieldList {
        settings: section.app.settings
        sections: ["model", "chat"]
        only: ["model.n_ctx", "chat.overflow", "chat.system_prompt"]
    }
}
