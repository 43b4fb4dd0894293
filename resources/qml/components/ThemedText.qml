import QtQuick
import "../theme"

// Plain text in the theme's colour and size. Never interprets markup, whatever it is given.
// Screen readers meet it as static text; inside a control that already has its name, set `Accessible.ignored`.
Text {
    color: Theme.text
    font.pixelSize: Theme.bodySize
    textFormat: Text.PlainText
    linkColor: Theme.accent
    Accessible.role: Accessible.StaticText
    Accessible.name: text
}
