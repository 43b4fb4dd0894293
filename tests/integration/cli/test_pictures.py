"""Pictures in the terminal, with the real model and a projector that knows drawings."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.drawings import draw
from tests.integration.cli.famulus import PROJECTOR, Famulus

EYES = ("--mmproj", str(PROJECTOR), "--system", "", "--temperature", "0", "--max-tokens", "8", "--n-ctx", "1024")
COLOUR = "What color is the shape?"
BACKGROUND = "What color is the background?"


@pytest.fixture
def red_circle(tmp_path: Path) -> Path:
    path = tmp_path / "red circle.png"
    draw("white", ("circle", "red", (0.5, 0.5), 0.3), side=600).save(path)
    return path


@pytest.fixture
def blue_square(tmp_path: Path) -> Path:
    path = tmp_path / "blue.jpg"
    draw("yellow", ("square", "blue", (0.5, 0.5), 0.3), side=300).save(path, quality=95)
    return path


def test_a_question_about_a_picture(famulus: Famulus, red_circle: Path) -> None:
    asked = famulus("chat", "--json", *EYES, "--image", str(red_circle), COLOUR)
    assert asked.code == 0, asked.err
    (finished,) = asked.only("finished")
    assert "red" in finished["text"].lower()
    assert finished["usage"]["encoded_media"] == 1
    assert asked.only("model")[0]["media"] == ["image"]
    red_circle.unlink()  # the conversation has its own copy
    again = famulus("chat", "--json", *EYES, "--conversation", finished["conversation_id"], BACKGROUND)
    assert "white" in again.only("finished")[0]["text"].lower()
    exported = famulus("conversations", "export", finished["conversation_id"]).text
    assert "*(image: red circle.png)*" in exported


def test_pictures_in_the_loop_are_looked_at_once(famulus: Famulus, red_circle: Path, blue_square: Path) -> None:
    lines = f"{COLOUR}\n/image {blue_square}\n{COLOUR}\n{BACKGROUND}\n/new\n/image {red_circle}\n{COLOUR}\n"
    ended = famulus("chat", "--interactive", "--json", *EYES, "--image", str(red_circle), stdin=lines.encode())
    assert ended.code == 0, ended.err
    answers = ended.only("finished")
    red, blue, _, red_again = (each["text"].lower() for each in answers)
    assert ("red" in red, "blue" in blue, "red" in red_again) == (True, True, True)
    assert [each["usage"]["encoded_media"] for each in answers] == [1, 1, 0, 0]


def test_a_picture_alone_is_a_question(famulus: Famulus, red_circle: Path) -> None:
    ended = famulus("chat", *EYES, "--image", str(red_circle))
    assert ended.code == 0, ended.err
    assert ended.text.strip()


def test_a_deleted_conversation_leaves_nothing(famulus: Famulus, red_circle: Path) -> None:
    long_text = "The harbour of the old town was built of grey stone. " * 40
    asked = famulus("chat", "--json", *EYES, "--image", str(red_circle), long_text)
    conversation_id = asked.only("finished")[0]["conversation_id"]
    assert [path.stem for path in famulus.home.glob("snapshots/*/*")] == [conversation_id]
    assert famulus("conversations", "delete", conversation_id).code == 0
    left = [path for folder in ("snapshots", "attachments", "thumbnails", "pixels") for path in _files(famulus, folder)]
    assert left == []


def _files(famulus: Famulus, folder: str) -> list[Path]:
    return [path for path in (famulus.home / folder).rglob("*") if path.is_file()]


def test_a_projector_is_no_model_and_is_described(famulus: Famulus) -> None:
    described = famulus("models", "info", str(PROJECTOR))
    assert described.code == 0
    assert "projector" in described.text
    assert "pictures" in described.text
    (facts,) = famulus("models", "info", str(PROJECTOR), "--json").objects
    assert (facts["media"], facts["image_size"]) == (["image"], 112)
    assert "not a model" in famulus("chat", "--model", str(PROJECTOR), "Hi").err
