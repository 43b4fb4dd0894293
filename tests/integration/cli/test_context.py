"""The context check through the real program, its real engine and its real image worker."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from pathlib import Path

import pytest

from tests.integration.cli.famulus import PATIENCE_S, Famulus
from tests.tiny_gguf import write_tiny_model

PNG = b"\x89PNG\r\n\x1a\n"


def stored(famulus: Famulus) -> list[Path]:
    return sorted((famulus.home / "context-checks").glob("*.json"))


def test_all_ways_are_measured_shown_and_used(famulus: Famulus, tiny_model: Path, tmp_path: Path) -> None:
    chart = tmp_path / "chart.png"
    ended = famulus("context", "check", "--model", str(tiny_model), "--plot", str(chart))
    assert ended.code == 0, ended.err
    assert "1,024 tokens                          none      linear         ntk        yarn       mixed" in ended.text
    assert ended.text.count("perplexity  ") == 8
    for words in ("price within the trained length", "perplexity beyond it", "needles found by yarn", "auto takes"):
        assert words in ended.text
    assert chart.read_bytes().startswith(PNG)
    (result,) = stored(famulus)
    assert result.with_suffix(".png").read_bytes() == chart.read_bytes()

    (told,) = famulus("context", "show", "--model", str(tiny_model), "--json").objects
    (length,) = told["lengths"]
    assert [each["run"]["method"] for each in length["runs"]] == ["none", "linear", "ntk", "yarn", "mixed"]
    # Random weights: every token is about as unlikely as any other of the 274.
    assert all(150 < each["beyond"] < 800 for each in length["runs"])
    best = min((run for run in length["runs"] if run["price"] <= 0.05), key=lambda run: run["beyond"])
    assert length["automatic"] == best["run"]["method"]
    (plan,) = famulus("context", "plan", "--model", str(tiny_model), "--n-ctx", "1024", "--json").objects
    assert plan["plan"]["rope"]["method"] == length["automatic"]


def test_what_was_measured_is_known_wherever_the_model_lies(famulus: Famulus, tiny_model: Path, tmp_path: Path) -> None:
    words = ("context", "check", "--n-ctx", "512", "--model")
    assert famulus(*words, str(tiny_model)).code == 0
    moved = shutil.copy(tiny_model, tmp_path / "moved.gguf")
    again = famulus(*words, str(moved), "--json")
    assert "measured before" in again.err
    assert again.objects[0]["model"] == "moved"
    (result,) = stored(famulus)
    result.write_text("{")
    assert "not checked yet" in famulus("context", "show", "--model", str(moved)).err
    assert "measured before" not in famulus(*words, str(moved)).err


def test_the_starter_model_reads_a_text_of_ones_own(famulus: Famulus, tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_text("The ferry leaves the island every morning, and the post goes with it. " * 32)
    famulus("settings", "set", "model.n_threads", "1")
    ended = famulus("context", "check", "--n-ctx", "1024", "--text", str(text), "--json")
    assert ended.code == 0, ended.err
    assert "The text has 7" in ended.err
    (told,) = ended.objects
    (length,) = told["lengths"]
    assert (length["text"], length["kv_type"], length["automatic"]) == ("text.txt", "f16", None)
    assert length["n_ctx"] == 512  # or 768
    losses = length["runs"][0]["run"]["losses"]
    assert losses[-1] < losses[0] / 2  # what is said again and again is soon foreseen


def test_other_texts_and_types_stand_beside_each_other(famulus: Famulus, tmp_path: Path) -> None:
    """The terminal says which is which, and a chart that cannot be drawn is an error after the tables."""
    wide = {"llama.attention.head_count": 2, "llama.attention.head_count_kv": 1, "llama.rope.dimension_count": 32}
    model = str(write_tiny_model(tmp_path / "wide.gguf", metadata=wide))
    text = tmp_path / "text.txt"
    text.write_text("The ferry leaves the island every morning, and the post goes with it. " * 60)
    check = ("context", "check", "--model", model, "--n-ctx", "1024", "--rope", "none", "--rope", "yarn")
    assert famulus(*check).code == 0
    ended = famulus(*check, "--text", str(text), "--kv-type", "q8_0")
    assert "1,024 tokens in q8_0" in ended.text
    assert "Read from text.txt:" in ended.text
    assert "Alice" not in ended.text
    shown = famulus("context", "show", "--model", model).text
    assert shown.index("Read from Alice's Adventures in Wonderland:") < shown.index("Read from text.txt:")
    assert shown.count(" from now on: perplexity ") == 2
    assert "measured before" in famulus(*check).err
    (famulus.home / "context-checks").joinpath(stored(famulus)[0].stem + ".png").unlink()
    (famulus.home / "context-checks").joinpath(stored(famulus)[0].stem + ".png").mkdir()
    unplotted = famulus("context", "show", "--model", model)
    assert (unplotted.code, "chart:" in unplotted.text) == (0, False)
    plotted = famulus("context", "show", "--model", model, "--plot", str(tmp_path / "chart.png"))
    assert plotted.code == 1
    assert plotted.text == shown[: shown.index("chart:")]
    assert not (tmp_path / "chart.png").exists()


def test_ctrl_c_keeps_what_was_measured(famulus: Famulus) -> None:
    famulus("settings", "set", "model.n_threads", "1")
    running = famulus.start("context", "check", "--n-ctx", "512", "--n-ctx", "8192")
    deadline = time.monotonic() + PATIENCE_S
    while not stored(famulus):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    time.sleep(0.5)  # into the second one
    ended = running.signal(signal.SIGINT)
    assert ended.code == 130, ended.err
    assert "kept; the same command measures the others" in ended.err
    assert [run["series"]["n_ctx"] for run in json.loads(stored(famulus)[0].read_bytes())["runs"]] == [512]
    assert "measured before" in famulus("context", "check", "--n-ctx", "512").err


@pytest.mark.parametrize(
    ("words", "code", "named"),
    [
        (("check", "--text", "none.txt"), 1, "There is no text file"),
        (("check", "--text", "noise.gguf"), 1, "not a text in UTF-8"),
        (("check", "--text", "few.txt"), 1, "too short"),
        (("check", "--n-ctx", "10000000"), 1, "memory"),
        (("check", "--n-ctx", "many"), 2, "'many'"),
        (("check", "--rope", "magic"), 2, "'magic'"),
        (("check", "--model", "noise.gguf"), 1, "noise.gguf"),
        (("check", "--n-ctx", "9" * 30), 2, "too large"),
        (("check", "--n-ctx", "9" * 5000), 2, "too large"),
        (("check", "--plot", "none/chart.png"), 1, "no such folder"),
        (("check", "--plot", "."), 1, "Is a directory"),
        (("show",), 1, "not checked yet"),
        (("show", "--plot", "none/chart.png"), 1, "no such folder"),
        (("plan", "--n-ctx", "10000000"), 1, "memory"),
    ],
)
def test_what_cannot_be_done_is_named(
    famulus: Famulus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], code: int, named: str
) -> None:
    (tmp_path / "noise.gguf").write_bytes(b"GGUF" + bytes(range(256)) * 100)
    (tmp_path / "few.txt").write_text("Not much.")
    # The program must find Famulus from another folder, too.
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [os.getcwd(), os.environ.get("PYTHONPATH")])))
    monkeypatch.chdir(tmp_path)
    ended = famulus("context", *words)
    assert (ended.code, ended.text) == (code, "")
    assert named in ended.err
    assert stored(famulus) == []


def test_a_plan_is_told_in_words(famulus: Famulus) -> None:
    told = famulus("context", "plan", "--n-ctx", "max", "--rope", "ntk", "--kv-type", "q8_0").text
    for words in ("32,768 tokens, 4.0 times the trained 8,192", "ntk", "context (q8_0)", "longest that fits"):
        assert words in told
    assert "stretched to 4.0 times the trained length (ntk)" in told
