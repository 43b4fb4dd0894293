"""Whatever is wrong is said in plain words, with the promised exit code and never a traceback."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from tests.integration.cli.famulus import PROJECTOR, Famulus


@pytest.mark.parametrize(
    "words",
    [
        ("nonsense",),
        ("chat", "--nonsense"),
        ("chat", "--top-p", "1.5", "Hi"),
        ("chat", "--temperature", "nan", "Hi"),
        ("chat", "--seed", "many", "Hi"),
        ("chat", "--overflow", "magic", "Hi"),
        ("chat", "--n-ctx", "9" * 30, "Hi"),
        ("chat", "--n-gpu-layers", "9" * 30, "Hi"),
        ("conversations", "list", "--limit", "0"),
        ("conversations", "show"),
        ("bench", "--runs", "0"),
    ],
)
def test_wrong_usage_is_2(famulus: Famulus, words: tuple[str, ...]) -> None:
    ended = famulus(*words)
    assert (ended.code, ended.out) == (2, b"")
    assert ended.err


@pytest.mark.parametrize(
    ("words", "stdin", "said"),
    [
        (("chat",), b"", "no question"),
        (("chat", ""), b" \n", "no question"),
        (("chat", "What is this?"), b"\x7fELF\xff\xfe\x00", "not text in UTF-8"),
        (("chat", "--interactive"), b"\xff\xfe\n", "not text in UTF-8"),
        (("chat",), b"x" * (16 * 1024**2 + 1), "larger than 16 MB"),
        (("chat", "--model", "/nowhere/model.gguf", "Hi"), b"", "model.gguf"),
        (("chat", "--conversation", "abcd1234", "Hi"), b"", "no conversation abcd1234"),
        (("chat", "--mmproj", "/nowhere/mmproj.gguf", "Hi"), b"", "no projector"),
        (("chat", "--mmproj", "/dev/null", "Hi"), b"", "famulus: "),
        (("chat", "--image", "/nowhere/cat.png", "Hi"), b"", "cannot look at pictures"),
        (("chat", "--mmproj", str(PROJECTOR), "--image", "/nowhere/cat.png", "Hi"), b"", "cat.png"),
        (("chat", "--mmproj", str(PROJECTOR), "--image", "/dev/zero", "Hi"), b"", "/dev/zero"),
        (("chat", "--mmproj", str(PROJECTOR), "--image", __file__, "Hi"), b"", "famulus: "),
        (("conversations", "delete", "zz"), b"", "no conversation zz"),
        (("models", "info", "/nowhere/model.gguf"), b"", "model.gguf"),
        (("models", "info", "/dev/null"), b"", "famulus: "),
        (("settings", "get", "sampling.topp"), b"", "sampling.topp"),
        (("settings", "set", "sampling.top_p", "7"), b"", "sampling.top_p"),
    ],
)
def test_what_cannot_be_done_is_1(famulus: Famulus, words: tuple[str, ...], stdin: bytes, said: str) -> None:
    ended = famulus(*words, stdin=stdin)
    assert (ended.code, ended.out) == (1, b"")
    assert said in ended.err
    assert "unexpected" not in ended.err
    if "--image" in words or "--mmproj" in words:
        assert famulus("conversations", "list", "--json").objects[0]["conversations"] == [], "nothing was stored"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("famulus chat < /dev/null", 1),
        ("famulus chat <&-", 0),
        ("famulus chat --interactive <&-", 0),
        ("famulus chat --interactive < /dev/null", 0),
        ("famulus conversations list >&-", 0),
        ("famulus conversations list 2>&-", 0),
        ("famulus settings > /dev/full", 1),
    ],
)
def test_closed_and_empty_streams(famulus: Famulus, line: str, code: int) -> None:
    assert famulus.shell(line).code == code


def test_a_data_folder_that_is_a_file(famulus: Famulus) -> None:
    famulus.home.write_text("not a folder")
    ended = famulus("conversations", "list")
    assert ended.code == 1
    assert str(famulus.home) in ended.err
    assert "FAMULUS_HOME" in ended.err


def test_a_damaged_settings_file(famulus: Famulus) -> None:
    famulus.home.mkdir()
    settings = famulus.home / "settings.toml"
    settings.write_text("[sampling\ntop_p = ")
    ended = famulus("chat", "Hi")
    assert ended.code == 1
    assert "settings.toml" in ended.err
    doctor = famulus("doctor", "--json")
    assert doctor.code == 1
    assert [each["kind"] for each in doctor.objects[0]["problems"]] == ["SettingInvalid"]
    assert famulus("conversations", "list").code == 0
    assert settings.read_text() == "[sampling\ntop_p = "


def test_a_database_that_is_none(famulus: Famulus) -> None:
    famulus.home.mkdir()
    database = famulus.home / "famulus.db"
    database.write_bytes(b"no database at all" * 100)
    before = database.read_bytes()
    ended = famulus("conversations", "list")
    assert ended.code == 1
    assert "famulus.db" in ended.err
    assert database.read_bytes() == before


def test_a_log_that_cannot_be_written_disturbs_nothing(famulus: Famulus) -> None:
    (famulus.home / "logs" / "app.log").mkdir(parents=True)
    ended = famulus("conversations", "show", "abcd")
    assert ended.code == 1
    assert ended.err.startswith("famulus: There is no conversation abcd.")


def test_an_empty_folder_becomes_private_and_a_shared_one_is_left_alone(famulus: Famulus) -> None:
    famulus.home.mkdir(mode=0o755, exist_ok=True)
    famulus.home.chmod(0o755)
    famulus("settings")
    assert famulus.home.stat().st_mode & 0o777 == 0o700
    famulus.home.chmod(0o755)  # it holds files now: whoever opened it again meant it
    famulus("settings")
    assert famulus.home.stat().st_mode & 0o777 == 0o755


def test_files_are_private(famulus: Famulus) -> None:
    famulus("settings", "set", "sampling.seed", "7")
    assert famulus.home.stat().st_mode & 0o777 == 0o700
    for name in ("famulus.db", "settings.toml"):
        assert (famulus.home / name).stat().st_mode & 0o077 == 0
    with sqlite3.connect(famulus.home / "famulus.db") as connection:
        assert connection.execute("SELECT count(*) FROM conversation").fetchone() == (0,)
    connection.close()


def test_help_is_complete(famulus: Famulus) -> None:
    text = famulus("--help").text
    for command in ("chat", "conversations", "models", "settings", "doctor", "bench"):
        assert f"\n  {command} " in text
    assert "...\n" not in text.partition("\n")[2], "a description is cut off"
    options = (
        "model mmproj image system temperature top-p top-k min-p seed max-tokens n-ctx conversation json interactive"
    )
    chat = famulus("chat", "--help").text
    assert all(f"--{option} " in chat for option in options.split())


@pytest.mark.parametrize("key", ["model.path", "model.mmproj"])
def test_a_model_setting_means_the_same_from_every_folder(famulus: Famulus, key: str) -> None:
    famulus("settings", "set", key, "some.gguf")
    path = Path(json.loads(famulus("settings", "get", key, "--json").out)[key])
    assert path.is_absolute()
    assert path.name == "some.gguf"


def test_another_model_does_not_keep_the_projector_that_was_named_for_the_one_before(famulus: Famulus) -> None:
    famulus("settings", "set", "model.path", "first.gguf")
    famulus("settings", "set", "model.mmproj", "eyes.gguf")
    famulus("settings", "set", "model.path", "first.gguf")
    assert famulus("settings", "get", "model.mmproj").text.strip().endswith("eyes.gguf")
    assert "model.mmproj" in famulus("settings", "set", "model.path", "second.gguf").err
    assert famulus("settings", "get", "model.mmproj").text.strip() == ""
