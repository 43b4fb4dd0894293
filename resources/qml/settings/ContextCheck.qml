import QtQuick
import "../theme"
import "../components"

// Measures how well the model reads at the length that is set, and shows what was found.
//
// view: ContextViewModel.
Column {
    id: section

    required property var view
    readonly property var check: view.check
    readonly property var chart: check.chart

    width: parent ? parent.width : implicitWidth
    spacing: Theme.unit

    SettingRow {
        title: qsTr("Context check")
        description: section.check.running ? section.check.stage
            : section.check.stopped ? qsTr("Stopped. The ways that were measured to their end are kept; the next check measures the others.")
            : section.check.outcome !== "" ? section.check.outcome
            : qsTr("Reads a long text in each way that the model can be stretched, and measures how well. This can take long; a question stops it, and so does another setting of the model.")
        last: section.check.running || section.chart.title === undefined

        TextButton { // one for both: a button that goes would take the keyboard with it
            objectName: "checkButton"
            outlined: true
            enabled: section.check.running
                || (section.check.possible && section.view.known && (section.view.preview.fits ?? false))
            text: section.check.running ? qsTr("Cancel") : qsTr("Check this length")
            Accessible.name: section.check.running ? qsTr("Cancel the context check") : text
            onClicked: section.check.running ? section.check.cancel() : section.view.checkLength()
        }
    }
    ProgressLine {
        width: parent.width
        visible: section.check.running
        indeterminate: section.check.fraction < 0
        value: Math.max(0, section.check.fraction)
        label: qsTr("Context check")
    }
    ProblemCard {
        visible: section.check.problem !== ""
        problem: section.check.problem
        remedy: section.check.problemRemedy
    }
    ContextChart {
        width: parent.width
        visible: section.chart.title !== undefined
        chart: section.chart
    }
}
