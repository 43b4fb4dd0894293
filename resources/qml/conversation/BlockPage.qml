pragma ComponentBehavior: Bound

import QtQuick
import "../theme"
import "blocks"

// A page of an answer: some of its blocks, one below the other.
//
// model: a BlockListModel.
Column {
    id: page

    property alias model: rows.model

    signal copyRequested(string text)
    signal foldToggled
    signal linkRequested(string url)

    spacing: Theme.unit + Theme.half

    Repeater {
        id: rows

        delegate: Item {
            id: slot

            required property string kind
            required property string html
            required property string plain
            required property string language
            required property string source
            required property real imageWidth
            required property real imageHeight
            required property real seconds
            required property bool finished

            width: page.width
            implicitHeight: block.height

            Loader {
                id: block

                width: parent.width
                sourceComponent: {
                    switch (slot.kind) {
                    case "code":
                        return code;
                    case "table":
                        return table;
                    case "math":
                        return math;
                    case "rule":
                        return rule;
                    case "reasoning":
                        return reasoning;
                    default:
                        return text;
                    }
                }
            }

            Component {
                id: text

                TextBlock {
                    html: slot.html
                    onLinkRequested: url => page.linkRequested(url)
                }
            }

            Component {
                id: code

                CodeBlock {
                    html: slot.html
                    plain: slot.plain
                    language: slot.language
                    onCopyRequested: words => page.copyRequested(words)
                }
            }

            Component {
                id: table

                TableBlock {
                    html: slot.html
                    onLinkRequested: url => page.linkRequested(url)
                }
            }

            Component {
                id: math

                MathBlock {
                    source: slot.source
                    plain: slot.plain
                    imageWidth: slot.imageWidth
                    imageHeight: slot.imageHeight
                }
            }

            Component {
                id: rule

                RuleBlock {}
            }

            Component {
                id: reasoning

                ReasoningBlock {
                    html: slot.html
                    seconds: slot.seconds
                    finished: slot.finished
                    onFoldToggled: page.foldToggled()
                    onLinkRequested: url => page.linkRequested(url)
                }
            }
        }
    }
}
