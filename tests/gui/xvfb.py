"""An X server of a test's own, with or without a window manager."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Iterator

import pytest

START_LIMIT_S = 15.0


def need_programs(*names: str) -> None:
    """Skip the test where one of the programs is not installed."""
    missing = [name for name in names if not shutil.which(name)]
    if missing:
        pytest.skip(f"needs {', '.join(missing)} (Debian packages: xvfb, xdotool, openbox)")


@contextlib.contextmanager
def virtual_screen(window_manager: bool) -> Iterator[str]:
    """Start Xvfb on a free display and give its name, for example ``:93``; with openbox where asked for.

    Both processes are ended by their own id.
    """
    need_programs("Xvfb", "xdotool", *(["openbox"] if window_manager else []))
    read_end, write_end = os.pipe()
    command = ["Xvfb", "-displayfd", str(write_end), "-screen", "0", "1280x800x24", "-nolisten", "tcp", "-noreset"]
    with contextlib.ExitStack() as stack:
        server = _start(command, pass_fds=(write_end,))
        stack.callback(_end, server)
        os.close(write_end)
        with open(read_end) as pipe:
            display = f":{pipe.readline().strip()}"
        if window_manager:
            stack.callback(_end, _start(["openbox", "--sm-disable"], environment={"DISPLAY": display}))
            wait_for_window_manager(display)
        yield display


def wait_for_window_manager(display: str) -> None:
    """Return when a window manager has taken the display over."""
    deadline = time.monotonic() + START_LIMIT_S
    while subprocess.run(
        ["xdotool", "getactivewindow"],
        env={**os.environ, "DISPLAY": display},
        capture_output=True,
        text=True,
        check=False,
    ).stderr.startswith("Your windowmanager"):
        assert time.monotonic() < deadline, "the window manager did not start"
        time.sleep(0.05)


def _start(
    command: list[str], environment: dict[str, str] | None = None, pass_fds: tuple[int, ...] = ()
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        env={**os.environ, **(environment or {})},
        pass_fds=pass_fds,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
