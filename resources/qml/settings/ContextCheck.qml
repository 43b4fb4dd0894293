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
            : section.check.stopped ? qsTr("Stopped. What was measured is kept; the next check goes on from there.")
            : qsTr("Reads a long text in each way that the model can be stretched, and measures how well. This can take long; a question stops it.")
        last: section.check.running || section.chart.title === undefined

        TextButton {
            objectName: "checkButton"
            visible: !section.check.running
            outlined: true
            enabled: section.check.possible && section.view.known && (section.view.preview.fits ?? false)
            text: qsTr("Check this length")
            onClicked: section.view.checkLength()
        }
        TextButton {
            objectName: "cancelCheckButton"
            visible: section.check.running
            outlined: true
            text: qsTr("Cancel")
            Accessible.name: qsTr("Cancel the context check")
            onClicked: section.check.cancel()
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
