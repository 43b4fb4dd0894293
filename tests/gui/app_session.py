"""The real app as a process on a test's own X server, beside another program; seen and used only from outside.

Used by the suite and by ``tests/bench/quick_chat_latency.py``.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import psutil
from Xlib import XK, X
from Xlib.display import Display
from Xlib.error import BadAccess, CatchError, XError
from Xlib.ext import xtest
from Xlib.protocol.event import ClientMessage

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PATIENCE_S = 20.0
PANEL = "Famulus quick chat — Famulus"
"""Its title; Qt appends the name of the app."""
SHORTCUT = ("Control_L", "Alt_L", "space")
SETTINGS = """
[quick_chat]
enabled = true
[model]
n_ctx = 2048
[sampling]
temperature = 0.0
max_tokens = {max_tokens}
"""
_WINDOWED = "import sys; from assistant.__main__ import main_windowed; sys.exit(main_windowed())"
_TERMINAL = "import sys; from assistant.__main__ import main; sys.exit(main())"

Program = subprocess.Popen[bytes]


class AppSession:
    """A screen, a data folder, and the programs that a test starts there.

    Args:
        display: The X server, for example ``:93``.
        home: Data folder of the app; its path has to be short enough for a socket.
        max_tokens: Longest answer, tokens.
    """

    def __init__(self, display: str, home: Path, max_tokens: int = 8) -> None:
        self.home = home
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        (home / "settings.toml").write_text(SETTINGS.format(max_tokens=max_tokens))
        self.environment = {
            **os.environ,
            "DISPLAY": display,
            "WAYLAND_DISPLAY": "",
            "XDG_SESSION_TYPE": "x11",
            "QT_QPA_PLATFORM": "xcb",
            "QT_QUICK_BACKEND": "software",
            "LC_ALL": "C.UTF-8",
            "LANGUAGE": "en",
            "FAMULUS_HOME": str(home),
            "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
        }
        self._display = Display(display)
        self._display.set_error_handler(lambda error, request: None)
        self._codes = {name: self._code(name) for name in (*SHORTCUT, "Escape")}
        self._typed = home.parent / f"{home.name}-typed.txt"
        self._programs: list[Program] = []
        self._n_pings = 0

    def start_app(self, *options: str) -> Program:
        """``famulus-gui`` with these options."""
        return self._start([sys.executable, "-P", "-c", _WINDOWED, *options])

    def start_ready_app(self, *options: str) -> Program:
        """``famulus-gui``, and wait until it has its panel and listens to the shortcut."""
        app = self.start_app(*options)
        wait_until(lambda: bool(self._windows(PANEL)) and self.shortcut_is_held())
        return app

    def terminal(self, *arguments: str) -> str:
        """Run ``famulus`` and give what it prints."""
        command = [sys.executable, "-P", "-c", _TERMINAL, *arguments]
        return subprocess.run(command, env=self.environment, check=True, capture_output=True, text=True).stdout

    def start_editor(self) -> Program:
        """Another program with the keyboard; `editor_text` is what it was given."""
        with self._typed.open("w") as output:
            editor = self._start([sys.executable, str(HERE / "typed_text.py")], output)
        wait_until(lambda: "+" in self._typed.read_text())
        return editor

    def start_key_holder(self) -> Program:
        """Another program that holds the shortcut."""
        holder = self._start([sys.executable, str(HERE / "key_holder.py")])
        wait_until(self.shortcut_is_held)
        return holder

    def editor_text(self) -> str:
        """What was typed into the editor."""
        return "".join(line for line in self._typed.read_text().split("\n") if line not in ("+", "-"))

    def press(self, keys: str) -> None:
        """Press and release keys in xdotool's words, for example ``ctrl+alt+space``."""
        self._xdotool("key", keys)

    def type(self, text: str) -> None:
        """Type as fast as the X server takes it."""
        self._xdotool("type", "--delay", "0", text)

    def click(self, x: int, y: int) -> None:
        """Click at a point of the screen, pixels."""
        self._xdotool("mousemove", str(x), str(y), "click", "1")

    def press_at_once(self, *names: str) -> None:
        """Press keys together from this process, without the time that starting xdotool takes."""
        for event, order in ((X.KeyPress, names), (X.KeyRelease, tuple(reversed(names)))):
            for name in order:
                xtest.fake_input(self._display, event, self._codes[name])
        self._display.flush()

    def is_shown(self, title: str) -> bool:
        """Whether a window of this title is on the screen."""
        return any(self._attribute(window, "map_state") == X.IsViewable for window in self._windows(title))

    def focused(self) -> int:
        """Id of the window that the X server sends keys to."""
        focus = self._display.get_input_focus().focus
        return int(getattr(focus, "id", focus))

    def has_keyboard(self, title: str) -> bool:
        """Whether the X server sends keys to a window of this title."""
        return self.focused_title() == title

    def await_keyboard(self, title: str) -> None:
        """Wait until a window of this title has the keyboard and its program asks for nothing more.

        A window manager hands the keyboard over as soon as a window shows itself; the program's own request for it may
        still be under way, and would win against a click made meanwhile.
        """
        wait_until(lambda: self.has_keyboard(title))
        self._ping(self.focused())

    def focused_title(self) -> str:
        """Title of the window that the X server sends keys to."""
        return self._title(self._window(self.focused()))

    def click_window(self, window: int) -> None:
        """Click into a window."""
        geometry = self._window(window).translate_coords(self._display.screen().root, 0, 0)
        self.click(-geometry.x + 20, -geometry.y + 150)

    def shown_titles(self) -> set[str]:
        """Titles of all windows on the screen."""
        shown = (window for window in self._tree() if self._attribute(window, "map_state") == X.IsViewable)
        return {title for window in shown if (title := self._title(window))}

    def shortcut_is_held(self) -> bool:
        """Whether some program holds Ctrl+Alt+Space; nobody can notice the question."""
        root, code = self._display.screen().root, self._codes["space"]
        refused = CatchError(BadAccess)
        self._display.grab_server()
        root.grab_key(code, X.ControlMask | X.Mod1Mask, False, X.GrabModeAsync, X.GrabModeAsync, onerror=refused)
        self._display.sync()
        if refused.get_error() is None:
            root.ungrab_key(code, X.ControlMask | X.Mod1Mask)
        self._display.ungrab_server()
        self._display.sync()
        return refused.get_error() is not None

    def own_the_tray(self) -> None:
        """Be a tray, as far as a program can tell before it sends its icon."""
        root = self._display.screen().root
        owner = root.create_window(-1, -1, 1, 1, 0, 0, window_class=X.InputOnly)
        owner.set_selection_owner(self._display.intern_atom("_NET_SYSTEM_TRAY_S0"), X.CurrentTime)
        self._display.sync()

    def messages(self) -> list[tuple[str, str, str]]:
        """Role, text and status of every stored message, in the order they were made."""
        database = self.home / "famulus.db"
        if not database.exists():
            return []
        with closing(sqlite3.connect(database)) as connection:
            return connection.execute("SELECT role, text, status FROM message ORDER BY number").fetchall()

    def log(self) -> str:
        """What the app logged."""
        path = self.home / "logs" / "app.log"
        return path.read_text() if path.exists() else ""

    def focused_process(self) -> psutil.Process:
        """The process that owns the window with the keyboard."""
        atom = self._display.intern_atom("_NET_WM_PID")
        return psutil.Process(self._window(self.focused()).get_full_property(atom, X.AnyPropertyType).value[0])

    def close(self) -> None:
        """End what was started, each by its own id."""
        for program in self._programs:
            program.kill()
            program.wait()
        self._display.close()

    def _ping(self, window: int) -> None:
        """Return when the window's program has come to the end of what it was doing (EWMH 1.5, ``_NET_WM_PING``)."""
        root = self._display.screen().root
        root.change_attributes(event_mask=X.StructureNotifyMask | X.SubstructureNotifyMask)
        ping = self._display.intern_atom("_NET_WM_PING")
        self._n_pings += 1
        data = (32, [ping, self._n_pings, window, 0, 0])
        question = ClientMessage(window=window, client_type=self._display.intern_atom("WM_PROTOCOLS"), data=data)
        self._window(window).send_event(question)
        self._display.flush()
        wait_until(lambda: self._is_answered(ping))
        root.change_attributes(event_mask=X.NoEventMask)

    def _is_answered(self, ping: int) -> bool:
        while self._display.pending_events():
            event = self._display.next_event()
            if event.type == X.ClientMessage and list(event.data[1][:2]) == [ping, self._n_pings]:
                return True
        return False

    def _start(self, command: Sequence[str], output: Any = subprocess.DEVNULL) -> Program:
        # Its errors are the test's: pytest shows them where one fails.
        self._programs.append(subprocess.Popen(command, stdout=output, env=self.environment))
        return self._programs[-1]

    def _xdotool(self, *arguments: str) -> None:
        subprocess.run(["xdotool", *arguments], env=self.environment, check=True, capture_output=True)

    def _code(self, name: str) -> int:
        return int(self._display.keysym_to_keycode(XK.string_to_keysym(name)))

    def _windows(self, title: str) -> list[Any]:
        return [window for window in self._tree() if self._title(window) == title]

    def _tree(self) -> Iterator[Any]:
        """Every window but the root; one may go meanwhile."""
        waiting = [self._display.screen().root]
        while waiting:
            try:
                children = waiting.pop().query_tree().children
            except XError:
                continue
            yield from children
            waiting.extend(children)

    def _window(self, window: int) -> Any:
        return self._display.create_resource_object("window", window)

    def _title(self, window: Any) -> str:
        try:
            name = window.get_full_text_property(self._display.intern_atom("_NET_WM_NAME"))
        except XError:
            return ""
        return name or ""

    def _attribute(self, window: Any, name: str) -> int:
        try:
            return int(getattr(window.get_attributes(), name))
        except XError:
            return -1


def wait_until(condition: Callable[[], bool], timeout_s: float = PATIENCE_S) -> None:
    """Return as soon as the condition holds; fail after `timeout_s` seconds."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it did not come to it in time"
        time.sleep(0.01)
