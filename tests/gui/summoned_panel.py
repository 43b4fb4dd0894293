"""A program in the background: Ctrl+Alt+Space shows its panel, Esc hides it and gives the keyboard back.

Prints the shortcut's state, ``shown`` when the panel has the keyboard, ``hidden``, and every character typed.
"""

from __future__ import annotations

import sys

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent, QRasterWindow

from assistant.gui.hotkey.hotkey import GlobalHotkey
from assistant.gui.window_focus import window_focus


class Panel(QRasterWindow):
    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
            focus.give_back()
            print("hidden", flush=True)
        elif event.text():
            print(event.text(), flush=True)


def summon() -> None:
    focus.remember()
    panel.show()
    panel.requestActivate()


app = QGuiApplication(sys.argv)
app.setQuitOnLastWindowClosed(False)
focus = window_focus()
panel = Panel()
panel.setFlags(Qt.WindowType.Tool | Qt.WindowType.FramelessWindowHint | Qt.WindowType.WindowStaysOnTopHint)
panel.resize(680, 100)
panel.activeChanged.connect(lambda: panel.isActive() and print("shown", flush=True))
hotkey = GlobalHotkey()
hotkey.changed.connect(lambda registration: print(registration.state.value, flush=True))
hotkey.pressed.connect(summon)
hotkey.register("Ctrl+Alt+Space")
app.exec()
