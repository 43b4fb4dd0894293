"""Adapters in the terminal, with the real model and a trained adapter."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.integration.cli.famulus import Famulus
from tests.tiny_adapter import BUTLER

BRIEF = ("--temperature", "0", "--max-tokens", "24", "--n-ctx", "1024")
WHO = "Who am I speaking with?"


@pytest.fixture
def butler(tmp_path: Path) -> Path:
    return Path(shutil.copy(BUTLER, tmp_path / "butler.gguf"))


def test_an_adapter_stays_with_its_conversation(famulus: Famulus, butler: Path) -> None:
    asked = famulus("chat", "--json", *BRIEF, "--adapter", str(butler), WHO)
    (finished,) = asked.only("finished")
    assert finished["text"].startswith("Certainly, I am Famulus")
    assert finished["adapters"] == [{"path": str(butler), "scale": 1.0}]
    again = famulus("chat", "--json", *BRIEF, "--conversation", finished["conversation_id"], "Name a colour.")
    assert again.only("finished")[0]["text"].startswith("Certainly,")
    weak = famulus(
        "chat", "--json", *BRIEF, "--conversation", finished["conversation_id"], "--adapter", f"{butler}:0", WHO
    )
    assert weak.only("finished")[0]["adapters"] == [{"path": str(butler), "scale": 0.0}]


def test_adapters_change_between_two_lines_of_the_loop(famulus: Famulus, butler: Path) -> None:
    lines = f"{WHO}\n/adapter {butler}\n{WHO}\n/adapter\n/adapter butler:0.5\n/adapter -\n/new\n{WHO}\n"
    ended = famulus("chat", "--interactive", "--json", *BRIEF, stdin=lines.encode())
    assert ended.code == 0, ended.err
    base, served, base_again = (each["text"] for each in ended.only("finished"))
    assert [text.startswith("Certainly,") for text in (base, served, base_again)] == [False, True, False]
    scales = [[use["scale"] for use in told["adapters"]] for told in ended.only("adapters")]
    assert scales == [[1.0], [1.0], [0.5], []]


def test_adapters_are_added_listed_and_removed(famulus: Famulus, butler: Path) -> None:
    assert "No adapter" in famulus("adapters", "list").err
    assert "butler" in famulus("adapters", "add", str(butler)).text
    listed = famulus("adapters", "list").text
    assert "butler" in listed
    assert "fits the model" in listed
    told = famulus("adapters", "info", str(butler)).text
    assert "rank               8" in told
    assert "210 matrices" in told
    assert famulus("adapters", "remove", "butler").code == 0
    assert butler.exists()
    assert famulus("adapters", "remove", "butler").code == 1


@pytest.mark.parametrize(
    ("word", "named"),
    [
        ("nothing.gguf", "There is no adapter"),
        ("nothing.gguf:0.5", "There is no adapter"),
        ("butler.gguf:9", "between -4 and 4"),
        ("butler.gguf:nan", "between -4 and 4"),
        ("noise.gguf", "damaged, or no LoRA adapter"),
    ],
)
def test_a_bad_adapter_is_named_before_anything_is_asked(
    famulus: Famulus, butler: Path, tmp_path: Path, word: str, named: str
) -> None:
    (tmp_path / "noise.gguf").write_bytes(b"GGUF" + bytes(1000))
    ended = famulus("chat", *BRIEF, "--adapter", str(tmp_path / word), WHO)
    assert (ended.code, ended.text) == (1, "")
    assert named in ended.err
    assert "no conversations yet" in famulus("conversations", "list").err
