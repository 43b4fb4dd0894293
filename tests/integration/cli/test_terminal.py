"""The conversation at a real (pseudo) terminal."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("pseudo-terminals are POSIX's", allow_module_level=True)

import pexpect

from tests.integration.cli.famulus import COMMAND, LONG_TASK, PASSAGE, PATIENCE_S, Famulus

PROMPT = "\x1b[?2004h"
"""The editor turns bracketed paste on whenever it begins to wait for a line."""
UP = "\x1b[A"
CTRL_C, CTRL_D = "\x03", "\x04"


def environment(famulus: Famulus) -> dict[str, str]:
    # A pseudo-terminal without a screen does not answer where its cursor is.
    return {**famulus.environment, "PROMPT_TOOLKIT_NO_CPR": "1"}


@pytest.fixture
def terminal(famulus: Famulus) -> Iterator[pexpect.spawn]:
    options = ["chat", "--temperature", "0", "--max-tokens", "400", "--n-ctx", "1024", "--system", ""]
    child = pexpect.spawn(
        COMMAND[0],
        [*COMMAND[1:], *options],
        env=environment(famulus),
        encoding="utf-8",
        timeout=PATIENCE_S,
        dimensions=(24, 80),
    )
    child.expect_exact("/help lists the commands")
    child.expect_exact(PROMPT)
    yield child
    child.close(force=True)


def ended(terminal: pexpect.spawn) -> int | None:
    terminal.expect(pexpect.EOF)
    terminal.close()
    status: int | None = terminal.exitstatus
    return status


def test_a_message_is_answered_and_quit_ends(terminal: pexpect.spawn) -> None:
    terminal.send(f"{PASSAGE}\r")
    terminal.expect_exact("Late payments incur 2%")
    terminal.expect_exact(PROMPT)
    terminal.send("/stats\r")
    terminal.expect(re.compile(r"\d+ tokens read"))
    terminal.expect_exact(PROMPT)
    terminal.send("/help\r")
    terminal.expect_exact("/retry")
    terminal.expect_exact(PROMPT)
    terminal.send("/quit\r")
    assert ended(terminal) == 0


def test_ctrl_c_stops_the_answer_and_ctrl_d_ends(terminal: pexpect.spawn) -> None:
    terminal.send(f"{LONG_TASK}\r")
    terminal.expect(r"\b(was|were|had)\b")  # of the answer: the question is shown more than once
    terminal.send(CTRL_C + CTRL_C)
    terminal.expect_exact("[stopped]")
    terminal.expect_exact(PROMPT)
    terminal.send("half a line" + CTRL_C)
    terminal.expect_exact(PROMPT)
    terminal.send("/stats\r")
    terminal.expect(re.compile(r"\d+ written"))
    terminal.expect_exact(PROMPT)
    terminal.send(CTRL_D)
    assert ended(terminal) == 0


def test_ctrl_c_while_it_loads(terminal: pexpect.spawn) -> None:
    terminal.send(f"{LONG_TASK}\r")
    terminal.expect("Loading|Reading")
    terminal.send(CTRL_C)
    terminal.expect_exact("[stopped]")
    terminal.expect_exact(PROMPT)
    terminal.send(CTRL_D)
    assert ended(terminal) == 0


def test_lines_are_remembered(terminal: pexpect.spawn, famulus: Famulus) -> None:
    terminal.send("/xyzzy\r")
    terminal.expect_exact("There is no command /xyzzy")
    terminal.expect_exact(PROMPT)
    terminal.send(UP)
    terminal.expect_exact("/xyzzy")
    terminal.send("\r")
    terminal.expect_exact("There is no command /xyzzy")
    terminal.expect_exact(PROMPT)
    terminal.send(CTRL_D)
    assert ended(terminal) == 0
    history = Path(famulus.home / "input_history")
    assert "+/xyzzy" in history.read_text(encoding="utf-8")
    assert history.stat().st_mode & 0o077 == 0


def test_without_a_command_a_conversation_begins(famulus: Famulus) -> None:
    child = pexpect.spawn(COMMAND[0], COMMAND[1:], env=environment(famulus), encoding="utf-8", timeout=PATIENCE_S)
    child.expect_exact("starter model")
    child.expect_exact(PROMPT)
    child.send("/quit\r")
    assert ended(child) == 0
