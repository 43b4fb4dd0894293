from __future__ import annotations

from pathlib import Path

import pytest

from assistant.core.errors import InputInvalid
from assistant.services import context_text
from assistant.services.context_text import read_check_text


def test_a_text_comes_along() -> None:
    text = read_check_text(None)
    assert text.name == ""
    assert text.text.startswith("ALICE'S ADVENTURES IN WONDERLAND")
    assert "FULCRUM" not in text.text
    assert len(text.text) > 140_000


def test_a_file_is_known_by_name_and_content(tmp_path: Path) -> None:
    file = tmp_path / "中文.txt"
    file.write_bytes("\ufeff一二三。\r\n".encode() * 500)
    text = read_check_text(file)
    assert (text.name, text.text[:5]) == ("中文.txt", "一二三。\n")
    file.write_bytes("一二四。\r\n".encode() * 500)
    assert read_check_text(file).digest != text.digest


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b"word " * 100, "too short"),
        (b"", "too short"),
        (b"\xff\xfe" + b"w\0" * 3000, "not a text in UTF-8"),
        (b"word\0" * 3000, "not a text in UTF-8"),
        (b"word " * 4000, "larger than"),
    ],
)
def test_what_is_no_text_is_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, named: str
) -> None:
    monkeypatch.setattr(context_text, "MAX_BYTES", 16_000)
    file = tmp_path / "odd.bin"
    file.write_bytes(content)
    with pytest.raises(InputInvalid, match=named) as caught:
        read_check_text(file)
    assert "odd.bin" in caught.value.info.text


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    for path in (tmp_path / "none.txt", tmp_path):
        with pytest.raises(InputInvalid, match="no text file") as caught:
            read_check_text(path)
        assert str(path) in caught.value.info.text
