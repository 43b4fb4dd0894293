"""Uses the window as a screen reader does, through AT-SPI alone: finds by name, writes, presses, reads.

Runs under the system's Python, which has the bindings of AT-SPI, inside ``dbus-run-session``. Arguments: the command
that starts the window. Prints one JSON object of what it found.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi, GLib  # noqa: E402  # after its version is chosen

PATIENCE_S = 30.0
FoundT = TypeVar("FoundT")


def wait_for(what: Callable[[], FoundT | None], words: str) -> FoundT:
    deadline = time.monotonic() + PATIENCE_S
    while True:
        while GLib.MainContext.default().pending():
            GLib.MainContext.default().iteration(False)
        Atspi.get_desktop(0).clear_cache()
        try:
            found = what()
        except GLib.Error:  # it went away while it was looked at
            found = None
        if found:
            return found
        if time.monotonic() > deadline:
            sys.exit(f"no {words} within {PATIENCE_S:.0f} s")
        time.sleep(0.05)


def walk(node: Any) -> Iterator[Any]:
    yield node
    for index in range(node.get_child_count()):
        child = node.get_child_at_index(index)
        if child is not None:
            yield from walk(child)


def window() -> Any:
    desktop = Atspi.get_desktop(0)
    apps = [desktop.get_child_at_index(index) for index in range(desktop.get_child_count())]
    return next((app for app in apps if app is not None and app.get_name() == "famulus"), None)


def find(role: str, name: str) -> Any:
    """The showing control of this role and name."""

    def look() -> Any:
        app = window()
        for node in walk(app) if app is not None else ():
            is_showing = node.get_state_set().contains(Atspi.StateType.SHOWING)
            if is_showing and (node.get_role_name(), node.get_name()) == (role, name):
                return node
        return None

    return wait_for(look, f"{role} named {name}")


def press(button: Any) -> None:
    Atspi.Action.do_action(button, 0)


def write(text: str) -> None:
    assert Atspi.EditableText.set_text_contents(find("text", "Message"), text)


def read(node: Any) -> str:
    """All text below a node, as its text interfaces and its names give it."""
    parts = []
    for each in walk(node):
        has_text = "Text" in each.get_interfaces()
        parts.append(Atspi.Text.get_text(each, 0, -1) if has_text else each.get_name())
    return "\n".join(part for part in parts if part)


def messages() -> list[str]:
    """Names of the rows of the list of messages."""
    rows = (node for node in walk(find("list", "Messages")) if node.get_role_name() == "list item")
    return [row.get_name() for row in rows]


def use_the_window() -> dict[str, Any]:
    found: dict[str, Any] = {}
    write("What is the capital of France?")
    press(find("push button", "Send"))
    wait_for(lambda: len(messages()) == 2 and "Paris, of course." in read(find("list", "Messages")), "answer")
    found["messages"] = messages()
    found["read"] = read(find("list", "Messages"))
    write("Tell a story.")
    press(find("push button", "Send"))
    wait_for(lambda: "Once upon" in read(find("list", "Messages")), "second answer")
    press(find("push button", "Stop"))
    wait_for(lambda: "Stopped" in read(find("list", "Messages")), "end of the second answer")
    found["stopped"] = messages()[-1]
    return found


process = subprocess.Popen(sys.argv[1:])
try:
    print(json.dumps(use_the_window()))
finally:
    process.terminate()
    process.wait()
