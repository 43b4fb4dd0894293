pragma Singleton

import QtQuick

// The look of every window: colours, sizes and motion. Nothing else in QML names a colour or a font size.
//
// Written by Main only: `dark`, `textScale`, `reduceMotion`.
// Colours are given as dark : light. `assistant/gui/rich_text.py` repeats the few that rich text needs.
QtObject {
    id: theme

    property bool dark: false
    property real textScale: 1.0
    property bool reduceMotion: false

    readonly property color page: dark ? "#1B1A18" : "#FAF9F6"
    readonly property color surface: dark ? "#242320" : "#FFFFFF"
    readonly property color sunken: dark ? "#2B2A26" : "#F1EFE9"
    readonly property color hairline: dark ? "#36342F" : "#E4E1D8"
    readonly property color text: dark ? "#ECEAE4" : "#1F1E1B"
    readonly property color secondary: dark ? "#A8A49B" : "#6A675E"
    readonly property color faint: dark ? "#949088" : "#6F6C63"
    readonly property color accent: dark ? "#7CC4AB" : "#2C6E5B"
    // "On accent" in the design; QML takes a property that begins with "on" for a signal handler.
    readonly property color accentText: dark ? "#10201B" : "#FFFFFF"
    readonly property color danger: dark ? "#F08A80" : "#B3392F"
    readonly property color warning: dark ? "#E0B354" : "#8A5A00"
    readonly property color good: dark ? "#7CC4AB" : "#2C6E5B"

    // Laid over whatever is below them.
    readonly property color hover: dark ? Qt.rgba(1, 1, 1, 0.05) : Qt.rgba(0.12, 0.11, 0.08, 0.05)
    readonly property color pressed: dark ? Qt.rgba(1, 1, 1, 0.09) : Qt.rgba(0.12, 0.11, 0.08, 0.09)
    readonly property color outlineHover: Qt.tint(hairline, Qt.alpha(text, 0.22))
    readonly property color accentOutline: Qt.tint(surface, Qt.alpha(accent, 0.55))
    readonly property color accentWash: Qt.alpha(accent, dark ? 0.16 : 0.10)
    readonly property color dangerWash: Qt.alpha(danger, dark ? 0.14 : 0.08)
    readonly property color selection: Qt.alpha(accent, dark ? 0.38 : 0.24)
    readonly property color scrim: Qt.rgba(0, 0, 0, dark ? 0.55 : 0.28)
    readonly property color shadow: Qt.rgba(0, 0, 0, dark ? 0.40 : 0.07)

    // The 8-px grid; `half` is for gaps inside one control.
    readonly property int half: 4
    readonly property int unit: 8
    readonly property int gutter: 16
    readonly property int margin: 24

    readonly property int radiusControl: 6
    readonly property int radiusCard: 10
    readonly property int radiusComposer: 14
    readonly property int controlHeight: Math.max(32, Math.round(32 * textScale))

    // Logical pixels; whole, because a font's pixel size is.
    readonly property int smallSize: Math.round(12.5 * textScale)
    readonly property int codeSize: Math.round(13.5 * textScale)
    readonly property int controlSize: Math.round(14 * textScale)
    readonly property int bodySize: Math.round(15 * textScale)
    readonly property int headingSize: Math.round(18 * textScale)
    readonly property int titleSize: Math.round(26 * textScale)
    readonly property real lineHeight: 1.55
    readonly property int columnWidth: 760
    readonly property int sidebarWidth: 264

    readonly property string codeFamily: Qt.platform.os === "windows" ? "Consolas" : Qt.platform.os === "osx" ? "Menlo" : "monospace"

    // Milliseconds of a small transition, and of a large one.
    readonly property int motion: reduceMotion ? 0 : 120
    readonly property int slowMotion: reduceMotion ? 0 : 180
}
