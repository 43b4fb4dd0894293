import QtQuick
import "../theme"
import "../components"

// Which model answers, and how it is loaded.
Column {
    id: section

    required property var app
    readonly property var model: app.model

    SectionHeading {
        title: qsTr("Model")
        note: qsTr("Changes here load the model again.")
    }
    SettingRow {
        title: qsTr("Model file")
        description: section.model.isStarter ? qsTr("The small model that comes with Famulus.") : section.model.name

        TextButton {
            visible: !section.model.isStarter
            text: qsTr("Use starter model")
            onClicked: section.model.choose("")
        }
        ModelFileButton { model: section.model }
    }
    ProblemCard {
        gap: Theme.gutter
        visible: section.model.problem !== ""
        problem: section.model.problem
        remedy: section.model.problemRemedy
        action: section.model.offersLess ? qsTr("Load it so") : ""
        onActionRequested: section.model.loadWithLess()
    }
    ProblemCard {
        gap: Theme.gutter
        visible: section.model.problem === "" && section.model.note !== ""
        tone: "warning"
        problem: section.model.note
        remedy: section.model.noteRemedy
    }
    ProjectorRow {
        settings: section.app.settings
        model: section.model
    }
    FieldList {
        settings: section.app.settings
        sections: ["model"]
        except: ["model.path", "model.mmproj", "model.n_ctx", "model.rope", "model.kv_type"]
    }
}
