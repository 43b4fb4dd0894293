import QtQuick
import "../theme"

// What the model sees with every message: how much of the conversation, and the instruction before it.
Column {
    id: section

    required property var app

    SectionHeading {
        title: qsTr("Context")
        note: qsTr("What the model has before its eyes while it answers.")
    }
    ContextLength {
        view: section.app.contextLength
        onFullRequested: section.app.model.loadInFull()
    }
    Rectangle {
        width: parent.width
        height: 1
        color: Theme.hairline
    }
    FieldList {
        enabled: !section.app.contextLength.check.running // another way to load the model would end it
        settings: section.app.settings
        sections: ["model"]
        only: ["model.rope", "model.kv_type"]
        ruled: true
    }
    ContextCheck { view: section.app.contextLength }
    FieldList {
        topPadding: section.app.contextLength.check.running ? Theme.unit : 0 // below the line of its progress
        settings: section.app.settings
        sections: ["chat"]
        only: ["chat.overflow", "chat.system_prompt"]
    }
}
