pragma ComponentBehavior: Bound

import QtQuick
import "../theme"
import "blocks"

// The blocks of one answer. While it streams only the last one changes; the others are left alone.
Column {
    id: answer

    required property var blocks

    signal copyRequested(string text)
    signal foldToggled
    signal linkRequested(string url)

    spacing: Theme.unit + Theme.half

    Repeater {
        model: answer.blocks

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

            width: answer.width
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
                    onLinkRequested: url => answer.linkRequested(url)
                }
            }

            Component {
                id: code

                CodeBlock {
                    html: slot.html
                    plain: slot.plain
                    language: slot.language
                    onCopyRequested: words => answer.copyRequested(words)
                }
            }

            Component {
                id: table

                TableBlock {
                    html: slot.html
                    onLinkRequested: url => answer.linkRequested(url)
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
                    onFoldToggled: answer.foldToggled()
                    onLinkRequested: url => answer.linkRequested(url)
                }
            }
        }
    }
}
