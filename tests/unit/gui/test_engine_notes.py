"""The sentences that the engine tells of a load are known to the window."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from assistant.core.errors import MediaNotSupported
from assistant.gui import engine_notes
from assistant.gui.engine_notes import engine_note
from assistant.gui.error_text import error_words

ENGINE = Path(engine_notes.__file__).parent.parent / "engine"


def sentences(file: str) -> list[str]:
    """Texts of one of the engine's files; what an f-string fills in is 4096."""
    module = ast.parse((ENGINE / file).read_text(encoding="utf-8"))
    for node in ast.walk(module):
        if isinstance(node, ast.JoinedStr):
            parts = [str(part.value) if isinstance(part, ast.Constant) else "4096" for part in node.values]
            node.values = [ast.Constant("".join(parts))]
    return [node.value for node in ast.walk(module) if isinstance(node, ast.Constant) and isinstance(node.value, str)]


@pytest.mark.parametrize(
    ("file", "pattern", "count"),
    [
        ("chat_template.py", r"The model.*; ChatML is used\.", 4),
        ("tower.py", r"(The|This) projector .*\.", 2),
        ("model.py", r"A picture or sound .*\.", 1),
    ],
)
def test_every_sentence_of_the_engine_is_known(file: str, pattern: str, count: int) -> None:
    told = [text for text in sentences(file) if re.fullmatch(pattern, text)]
    assert len(told) == count
    assert [text for text in told if engine_note(text).kind == ""] == []
    assert [engine_note(text).text for text in told] == told


@pytest.mark.usefixtures("chinese")
def test_a_number_is_carried_over() -> None:
    words = error_words(engine_note("A picture or sound does not fit into a context of 4096 tokens."))
    assert (words.title, words.remedy) == ("图片或声音放不进 4096 个词元的上下文。", "请设置更大的上下文长度。")


@pytest.mark.usefixtures("chinese")
def test_the_engine_is_quoted_as_a_reason() -> None:
    reason = "This projector was made for another model."
    error = MediaNotSupported("The model {model} cannot look at pictures.", remedy="{reason}", model="m", reason=reason)
    assert error_words(error.info).remedy == "这个投影器是为其他模型制作的。"


def test_what_nobody_knows_keeps_its_words(qapp: object) -> None:
    assert error_words(engine_note("Something {new} of 3.")).title == "Something {new} of 3."
