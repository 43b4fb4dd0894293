pragma ComponentBehavior: Bound

import QtQuick
import "../theme"
import "../components"

// What each way to stretch the context found again, by depth (rows) and length (columns).
//
// grids: list of {method, lengths, rows}; rows hold shares from 0 to 1, -1 for none.
Flow {
    id: view

    property var grids: []
    readonly property int n: Math.max(1, Math.min(grids.length, width < 540 * Theme.textScale ? 2 : 4))

    spacing: Theme.gutter

    Repeater {
        model: view.grids

        Column {
            id: grid

            required property var modelData

            width: Math.floor((view.width - (view.n - 1) * view.spacing) / view.n)
            spacing: 2

            ThemedText {
                text: grid.modelData.method
                font.pixelSize: Theme.smallSize
                color: Theme.secondary
            }
            Repeater {
                model: grid.modelData.rows

                Row {
                    id: depth

                    required property var modelData

                    spacing: 2

                    Repeater {
                        model: depth.modelData

                        Rectangle {
                            id: cell

                            required property real modelData

                            width: (grid.width - 2 * (depth.modelData.length - 1)) / depth.modelData.length
                            height: Theme.smallSize + 10
                            radius: 2
                            color: modelData < 0 ? "transparent" : Qt.tint(Theme.sunken, Qt.alpha(Theme.accent, modelData * 0.6))

                            ThemedText {
                                anchors.centerIn: parent
                                visible: cell.modelData >= 0
                                text: Math.round(cell.modelData * 100) + (cell.width > 34 ? " %" : "")
                                font.pixelSize: Theme.smallSize
                            }
                        }
                    }
                }
            }
            Row {
                id: lengths

                spacing: 2

                Repeater {
                    model: grid.modelData.lengths

                    ThemedText {
                        required property string modelData

                        width: (grid.width - 2 * (grid.modelData.lengths.length - 1)) / grid.modelData.lengths.length
                        horizontalAlignment: Text.AlignHCenter
                        fontSizeMode: Text.HorizontalFit
                        minimumPixelSize: 8
                        text: modelData
                        font.pixelSize: Theme.smallSize - 2
                        color: Theme.faint
                    }
                }
            }
        }
    }
}
