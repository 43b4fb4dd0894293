"""Starts the installed app from its desktop entry in another root, asks it a question by keyboard, measures.

Process: part of `check_deb.sh`, as root. Standard library only; drives Xvfb, openbox, xdotool and import.
"""

from __future__ import annotations

import configparser
import contextlib
import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

DESKTOP_ENTRY = "usr/share/applications/io.github.famulus.Famulus.desktop"
QUESTION = "What is the capital of France?"
WINDOW_TIMEOUT_S = 60
ANSWER_TIMEOUT_S = 180
_LOOK_INTERVAL_S = 0.01
_ASK_INTERVAL_S = 0.5  # asking the terminal command takes processor time from the model


class CheckFailed(Exception):
    """Something does not work; the message says what."""


@dataclass(frozen=True, slots=True)
class Person:
    """Someone who uses the installed app.

    Attributes:
        root: The system it is installed in.
        name: Login name there.
        display: Name of the X display.
    """

    root: Path
    name: str
    display: str

    def command(self, *words: str) -> list[str]:
        """What to run for the person to run `words`, in a network without any device."""
        environment = (
            *(f"HOME=/home/{self.name}", f"USER={self.name}", "PATH=/usr/bin:/bin", "LANG=C.UTF-8"),
            f"DISPLAY={self.display}",
        )
        return [
            *("unshare", "--net", "chroot", f"--userspec={self.name}:{self.name}", str(self.root)),
            *("/usr/bin/env", "-i", *environment, *words),
        ]

    def json(self, *words: str) -> Any:
        """What the app's terminal command prints for ``<words> --json``."""
        output = subprocess.run(self.command("famulus", *words, "--json"), check=True, capture_output=True, text=True)
        return json.loads(output.stdout.splitlines()[0])


def main(arguments: list[str]) -> int:
    """Check; arguments are the root, the user's name and the folder for results. Returns the exit status."""
    root, name, results = Path(arguments[0]), arguments[1], Path(arguments[2])
    try:
        with x_display(results) as display:
            figures = check(Person(root, name, display), results)
    except CheckFailed as error:
        print(error, file=sys.stderr)
        return 1
    with (results / "figures.txt").open("a") as file:
        for figure, value in figures.items():
            print(f"{figure:<28} {value}")
            print(f"{figure:<28} {value}", file=file)
    return 0


def check(person: Person, results: Path) -> dict[str, str]:
    """Start, ask, wait for the answer, take pictures, close; returns what was measured.

    Raises:
        CheckFailed: One of these did not work.
    """
    started = time.monotonic()
    with (results / "window.log").open("wb") as log:
        app = subprocess.Popen(person.command(*entry_command(person.root)), stdout=log, stderr=log)
    try:
        window = wait_for(lambda: visible_window(person), _LOOK_INTERVAL_S, WINDOW_TIMEOUT_S, "No window appeared", app)
        to_window = time.monotonic() - started
        wait_for(lambda: is_painted(person, window), _LOOK_INTERVAL_S, WINDOW_TIMEOUT_S, "The window stayed black", app)
        to_picture = time.monotonic() - started
        picture(person, results / "first-window.png")
        answer = ask(person, window, app)
        picture(person, results / "window.png")
        xdotool(person, "key", "alt+F4")  # openbox asks the window to close
        status = app.wait(20)
    except (CheckFailed, subprocess.TimeoutExpired) as error:
        picture(person, results / "failure.png")
        raise CheckFailed(f"{error} See {results}.") from error
    finally:
        app.kill()
    if status != 0:
        raise CheckFailed(f"The app ended with status {status}: see {results / 'window.log'}")
    return {
        "time to window": f"{to_window:.2f} s",
        "time to its first picture": f"{to_picture:.2f} s",
        "time to first token": f"{answer['timings']['first_token_s']:.2f} s",
        "answer in the window": answer["text"][:60],
    }


def ask(person: Person, window: str, app: subprocess.Popen[bytes]) -> dict[str, Any]:
    """Type the question and wait for its answer; returns the message.

    Raises:
        CheckFailed: There was none.
    """
    xdotool(person, "windowactivate", "--sync", window)
    xdotool(person, "type", "--delay", "20", QUESTION)
    before = {each["id"] for each in person.json("conversations", "list")["conversations"]}
    xdotool(person, "key", "Return")
    failure = "There was no answer in the window"
    answer = wait_for(lambda: new_answer(person, before), _ASK_INTERVAL_S, ANSWER_TIMEOUT_S, failure, app)
    time.sleep(1)  # until the last words are painted
    return cast(dict[str, Any], answer)


def entry_command(root: Path) -> list[str]:
    """The words of ``Exec`` in the desktop entry, without field codes."""
    entry = configparser.ConfigParser(interpolation=None)
    entry.read(root / DESKTOP_ENTRY, encoding="utf-8")
    return [word for word in shlex.split(entry["Desktop Entry"]["Exec"]) if not word.startswith("%")]


def visible_window(person: Person) -> str:
    """Id of the app's window; empty while there is none."""
    found = xdotool(person, "search", "--onlyvisible", "--class", "famulus", fails=True)
    return found.split()[0] if found else ""


def is_painted(person: Person, window: str) -> bool:
    """Whether the app has drawn into its window: until then it is black."""
    command = ["import", "-display", person.display, "-window", window, "-crop", "1x1+200+100", "-depth", "8", "gray:-"]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout[:1] not in (b"", b"\0")


def new_answer(person: Person, before: set[str]) -> dict[str, Any] | None:
    """The first complete answer in a conversation that is not among `before`, from the database."""
    for conversation in person.json("conversations", "list")["conversations"]:
        if conversation["id"] not in before:
            for message in person.json("conversations", "show", conversation["id"])["messages"]:
                if message["role"] == "assistant" and message["status"] == "complete" and message["text"]:
                    return cast(dict[str, Any], message)
    return None


def wait_for(
    look: Callable[[], Any], interval_s: float, timeout_s: float, failure: str, app: subprocess.Popen[bytes]
) -> Any:
    """What `look` returns as soon as it is something; it is called every `interval_s`.

    Raises:
        CheckFailed: The time is over, or the app has ended.
    """
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if found := look():
            return found
        if app.poll() is not None:
            raise CheckFailed(f"{failure}: the app ended with status {app.returncode}.")
        time.sleep(interval_s)
    raise CheckFailed(f"{failure} within {timeout_s} s.")


def xdotool(person: Person, *words: str, fails: bool = False) -> str:
    """Run xdotool on the person's display; `fails` if it may find nothing, or windows that are gone the next moment."""
    environment = os.environ | {"DISPLAY": person.display}
    errors = subprocess.DEVNULL if fails else None
    command = ["xdotool", *words]
    run = subprocess.run(command, env=environment, check=not fails, stdout=subprocess.PIPE, stderr=errors, text=True)
    return run.stdout.strip()


def picture(person: Person, target: Path) -> None:
    """Take a picture of the whole display."""
    subprocess.run(["import", "-display", person.display, "-window", "root", target], check=True)


@contextlib.contextmanager
def x_display(results: Path) -> Iterator[str]:
    """An X server with a window manager, while the context lasts; gives the display's name."""
    reading, writing = os.pipe()
    with (results / "x.log").open("wb") as log:
        command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1280x800x24", "-nolisten", "tcp", "-ac"]
        server = subprocess.Popen(command, pass_fds=[writing], stdout=log, stderr=log)
        os.close(writing)
        with os.fdopen(reading) as pipe:
            display = f":{pipe.readline().strip()}"
        manager = subprocess.Popen(["openbox"], env=os.environ | {"DISPLAY": display}, stdout=log, stderr=log)
    try:
        _wait_for_manager(display)
        yield display
    finally:
        manager.terminate()
        manager.wait()
        server.terminate()
        server.wait()


def _wait_for_manager(display: str) -> None:
    """Return when openbox has taken the display over, or after 10 s; before, no window can be activated."""
    deadline = time.monotonic() + 10
    command, environment = ["xdotool", "getactivewindow"], os.environ | {"DISPLAY": display}
    while time.monotonic() < deadline:
        run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if not run.stderr.startswith("Your windowmanager"):
            return
        time.sleep(0.05)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
