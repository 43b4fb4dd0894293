pragma ComponentBehavior: Bound

import QtQuick
import "../theme"
import "../components"

// What a context check found: perplexity by position, and needles below.
//
// chart: as `chart_of` in context_words.py says.
Column {
    id: view

    property var chart: ({})
    readonly property var lines: chart.lines ?? []
    readonly property var ticks: chart.ticks ?? []
    readonly property var places: chart.places ?? []
    readonly property real margin: 48 * Theme.textScale
    readonly property var inks: ({ none: Theme.faint, linear: Theme.danger, ntk: Theme.warning, yarn: Theme.accent, mixed: Theme.text })

    spacing: Theme.unit
    topPadding: Theme.unit
    bottomPadding: Theme.gutter
    Accessible.role: Accessible.Graphic
    Accessible.name: [chart.title ?? "", chart.verdict ?? ""].join(". ")

    ThemedText {
        width: parent.width
        text: view.chart.title ?? ""
        wrapMode: Text.Wrap
        font.pixelSize: Theme.controlSize
        font.weight: Font.Medium
    }
    ThemedText {
        width: parent.width
        text: view.chart.verdict ?? ""
        wrapMode: Text.Wrap
        font.pixelSize: Theme.smallSize
        color: Theme.secondary
    }
    Flow {
        width: parent.width
        spacing: Theme.gutter

        Repeater {
            model: view.lines

            Row {
                id: key

                required property var modelData

                spacing: 6

                Rectangle {
                    anchors.verticalCenter: parent.verticalCenter
                    width: 16
                    height: 3
                    radius: 1.5
                    color: view.inks[key.modelData.method]
                }
                ThemedText {
                    text: key.modelData.method
                    font.pixelSize: Theme.smallSize
                    color: Theme.secondary
                    Accessible.ignored: true
                }
            }
        }
    }
    Item {
        id: plane

        width: parent.width
        height: 200 + placeNames.height

        Repeater {
            model: view.ticks

            Item {
                id: tick

                required property var modelData

                y: canvas.height * (1 - modelData.at)
                width: plane.width

                Rectangle {
                    x: view.margin
                    width: parent.width - x
                    height: 1
                    color: Theme.hairline
                }
                ThemedText {
                    width: view.margin - 8
                    y: -height / 2
                    horizontalAlignment: Text.AlignRight
                    text: tick.modelData.text
                    font.pixelSize: Theme.smallSize
                    color: Theme.faint
                    Accessible.ignored: true
                }
            }
        }
        Canvas {
            id: canvas

            x: view.margin
            width: parent.width - x
            height: 200
            onPaint: {
                const pen = getContext("2d");
                pen.clearRect(0, 0, width, height);
                const trained = (view.chart.trained ?? 2) * width;
                if (trained < width) {
                    pen.fillStyle = Theme.secondary;
                    for (let y = 0; y < height; y += 8)
                        pen.fillRect(trained, y, 1, 4);
                }
                pen.lineWidth = 2;
                pen.lineJoin = "round";
                for (const line of view.lines) {
                    pen.strokeStyle = view.inks[line.method];
                    pen.beginPath();
                    for (const point of line.points)
                        pen.lineTo(point[0] * width, (1 - point[1]) * height);
                    pen.stroke();
                }
            }

            Connections {
                target: view

                function onLinesChanged(): void {
                    canvas.requestPaint();
                }
                function onInksChanged(): void {
                    canvas.requestPaint();
                }
            }
        }
        ThemedText {
            readonly property real at: view.margin + (view.chart.trained ?? 2) * canvas.width

            visible: (view.chart.trained ?? 2) < 1
            x: at + 6 + width > plane.width ? at - width - 6 : at + 6
            text: view.chart.trainedText ?? ""
            font.pixelSize: Theme.smallSize
            color: Theme.secondary
            Accessible.ignored: true
        }
        Item {
            id: placeNames

            anchors.bottom: parent.bottom
            x: view.margin
            width: canvas.width
            height: Theme.smallSize + 10

            Repeater {
                model: view.places

                ThemedText {
                    required property var modelData

                    x: Math.min(placeNames.width - width, modelData.at * placeNames.width - (modelData.at > 0 ? width / 2 : 0))
                    y: 6
                    text: modelData.text
                    font.pixelSize: Theme.smallSize
                    color: Theme.faint
                    Accessible.ignored: true
                }
            }
        }
    }
    ThemedText {
        width: parent.width
        topPadding: Theme.unit
        text: qsTr("Needles that it found again: further down lie those deeper in the text, further right more text was read.")
        wrapMode: Text.Wrap
        font.pixelSize: Theme.smallSize
        color: Theme.secondary
    }
    NeedleGrids {
        width: parent.width
        grids: view.chart.grids ?? []
    }
}
