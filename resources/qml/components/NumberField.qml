import QtQuick
import "../theme"

// A number with its unit.
//
// value: the number. decimals: digits after the point that steps keep (0: whole numbers). step: of the arrow keys.
// minimum, maximum: ends of the range (steps stay inside; typing is judged by whoever gets `committed`).
// unit, label (accessible name), invalid. committed(text): Enter, arrow key, or the keyboard left with another text.
// Esc brings the value back.
InputField {
    id: field

    property real value: 0
    property int decimals: 0
    property real step: decimals > 0 ? 0.05 : 1
    property real minimum: -Infinity
    property real maximum: Infinity
    property string unit: ""
    readonly property string shown: decimals > 0 ? String(Number(value.toFixed(6))) : value.toFixed(0)

    signal committed(string text)

    function commit(): void {
        if (text !== shown)
            committed(text);
    }

    function stepBy(direction: int): void {
        const moved = Math.min(maximum, Math.max(minimum, Number(text) + direction * step));
        if (!Number.isNaN(moved)) {
            text = String(Number(moved.toFixed(decimals)));
            commit();
        }
    }

    implicitWidth: 128
    horizontalAlignment: TextInput.AlignRight
    rightPadding: unit === "" ? 10 : unitText.implicitWidth + 18
    text: shown
    inputMethodHints: Qt.ImhFormattedNumbersOnly
    onShownChanged: text = shown
    onEditingFinished: commit()
    onInvalidChanged: {
        if (!invalid)
            text = shown;
    }
    Keys.onEscapePressed: event => {
        event.accepted = text !== shown;
        text = shown;
        if (invalid)
            committed(shown);
    }
    Keys.onUpPressed: stepBy(1)
    Keys.onDownPressed: stepBy(-1)
    Accessible.description: unit

    ThemedText {
        id: unitText

        anchors.right: parent.right
        anchors.rightMargin: 10
        anchors.verticalCenter: parent.verticalCenter
        visible: field.unit !== ""
        text: field.unit
        font.pixelSize: Theme.smallSize
        color: Theme.faint
        Accessible.ignored: true
    }
}
