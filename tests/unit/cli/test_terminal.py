from __future__ import annotations

import io
import signal
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.cli.terminal import (
    gibibytes,
    harmless,
    is_terminal,
    on_interrupt,
    output,
    print_error,
    print_json,
    write_utf8,
)
from assistant.core.errors import ErrorInfo


@given(st.text())
def test_no_control_character_is_left(text: str) -> None:
    left = {letter for letter in harmless(text) if unicodedata.category(letter) == "Cc"}
    assert left <= {"\n", "\t"}
    assert not set(harmless(text)) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@given(st.text(alphabet=st.characters(categories=["L", "N", "P", "S", "Zs"])))
def test_ordinary_text_stays(text: str) -> None:
    assert harmless(text) == text


def test_escape_sequences_lose_their_escape() -> None:
    assert harmless("a\x1b]0;title\x07\x9b31mb\r\nc\rd") == "a]0;title31mb\ncd"


def test_brackets_and_colons_are_no_markup(capsys: pytest.CaptureFixture[str]) -> None:
    output.print("[bold]:smile:[/bold]")
    assert capsys.readouterr().out == "[bold]:smile:[/bold]\n"


def test_an_error_has_a_sentence_and_a_remedy(capsys: pytest.CaptureFixture[str]) -> None:
    print_error(ErrorInfo(kind="X", message="No {what}.", remedy="Get one\x1b.", values={"what": "[model]"}))
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "famulus: No [model].\nGet one.\n")


def test_json_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"text": "发票\nend"})
    assert capsys.readouterr().out == '{"text":"发票\\nend"}\n'


def test_output_is_utf8_whatever_the_locale_says(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(raw, encoding="ascii"))
    write_utf8()
    print("发票 \udcff", flush=True)
    assert raw.getvalue().decode().split() == ["发票", "?"]


def test_closed_streams_are_no_terminal() -> None:
    closed = io.StringIO()
    closed.close()
    assert not is_terminal(None)
    assert not is_terminal(closed)
    assert not is_terminal(io.StringIO())


def test_ctrl_c_reacts_inside_the_block_and_raises_outside() -> None:
    pressed: list[int] = []
    with on_interrupt(lambda: pressed.append(1)):
        signal.raise_signal(signal.SIGINT)
    assert pressed == [1]
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_sizes_are_readable() -> None:
    assert [gibibytes(n) for n in (0, 5 * 1024**2, 1024**3, 3 * 1024**3 // 2)] == [
        "0 MiB",
        "5 MiB",
        "1.0 GiB",
        "1.5 GiB",
    ]
