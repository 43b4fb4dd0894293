import QtQuick
import QtQuick.Controls.Basic
import "../theme"
import "../components"

// Records a key combination: press the field, then the keys. Esc leaves it as it was.
//
// keys: the present combination, as QKeySequence writes it ("Ctrl+Alt+Space"). recorded(keys).
AbstractButton {
    id: field

    property string keys: ""
    property bool recording: false

    signal recorded(string keys)

    // Portable names of the keys that a shortcut may end in; letters, digits and F1 to F24 are computed.
    readonly property var names: ({
        [Qt.Key_Space]: "Space",
        [Qt.Key_Return]: "Return",
        [Qt.Key_Insert]: "Ins",
        [Qt.Key_Home]: "Home",
        [Qt.Key_End]: "End",
        [Qt.Key_PageUp]: "PgUp",
        [Qt.Key_PageDown]: "PgDown",
        [Qt.Key_Up]: "Up",
        [Qt.Key_Down]: "Down",
        [Qt.Key_Left]: "Left",
        [Qt.Key_Right]: "Right"
    })

    function keyName(key: int): string {
        if ((key >= Qt.Key_A && key <= Qt.Key_Z) || (key >= Qt.Key_0 && key <= Qt.Key_9))
            return String.fromCharCode(key);
        if (key >= Qt.Key_F1 && key <= Qt.Key_F24)
            return "F" + (key - Qt.Key_F1 + 1);
        return names[key] ?? "";
    }

    // Empty where the keys make no shortcut: a plain letter would be taken from every other program.
    function combination(key: int, modifiers: int): string {
        const name = keyName(key);
        const strong = modifiers & (Qt.ControlModifier | Qt.AltModifier | Qt.MetaModifier);
        const isFunctionKey = key >= Qt.Key_F1 && key <= Qt.Key_F24;
        if (name === "" || (!strong && !isFunctionKey))
            return "";
        let parts = [];
        if (modifiers & Qt.MetaModifier)
            parts.push("Meta");
        if (modifiers & Qt.ControlModifier)
            parts.push("Ctrl");
        if (modifiers & Qt.AltModifier)
            parts.push("Alt");
        if (modifiers & Qt.ShiftModifier)
            parts.push("Shift");
        return parts.concat(name).join("+");
    }

    implicitWidth: Math.max(180, implicitContentWidth + leftPadding + rightPadding)
    implicitHeight: Theme.controlHeight + 4
    leftPadding: 12
    rightPadding: 12
    focusPolicy: Qt.StrongFocus
    text: qsTr("Shortcut")
    Accessible.name: text
    Accessible.description: recording ? hint.text : keys
    onClicked: {
        recording = true;
        forceActiveFocus();
    }
    onActiveFocusChanged: {
        if (!activeFocus)
            recording = false;
    }
    // The combination must reach this field even where the window has a shortcut on it.
    Keys.onShortcutOverride: event => event.accepted = recording
    Keys.onPressed: event => {
        if (!recording)
            return;
        event.accepted = true;
        if (event.key === Qt.Key_Escape) {
            recording = false;
            return;
        }
        const pressed = combination(event.key, event.modifiers);
        if (pressed !== "") {
            recording = false;
            recorded(pressed);
        }
    }

    contentItem: Item {
        implicitWidth: Math.max(caps.width, hint.implicitWidth)

        KeyCaps {
            id: caps

            anchors.centerIn: parent
            visible: !field.recording
            keys: field.keys
        }
        ThemedText {
            id: hint

            anchors.centerIn: parent
            visible: field.recording
            text: qsTr("Press the keys…")
            font.pixelSize: Theme.controlSize
            color: Theme.secondary
        }
    }
    background: Rectangle {
        radius: Theme.radiusControl
        color: field.recording ? Theme.accentWash : Theme.surface
        border.width: field.recording ? 2 : 1
        border.color: field.recording ? Theme.accent : field.hovered ? Theme.outlineHover : Theme.hairline

        FocusRing { shown: field.visualFocus && !field.recording; innerRadius: parent.radius }
    }

    HoverHandler { cursorShape: Qt.PointingHandCursor }
}
