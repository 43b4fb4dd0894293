"""A program with a window: prints every character typed into it, ``+`` when it is activated, ``-`` when it is not."""

from __future__ import annotations

import sys

from PySide6.QtGui import QGuiApplication, QKeyEvent, QRasterWindow


class Window(QRasterWindow):
    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.text():
            print(event.text(), flush=True)


app = QGuiApplication(sys.argv)
window = Window()
window.activeChanged.connect(lambda: print("+" if window.isActive() else "-", flush=True))
window.resize(300, 200)
window.show()
window.requestActivate()
app.exec()
