from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.core.errors import DataFolderUnusable, SettingInvalid
from assistant.core.settings import SettingDescription, Settings, describe
from assistant.storage import settings_file
from assistant.storage.settings_file import SettingsFile


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "settings.toml"


@pytest.fixture
def file(path: Path) -> SettingsFile:
    return SettingsFile(path)


def test_a_missing_or_empty_file_means_defaults(file: SettingsFile, path: Path) -> None:
    assert file.load() == Settings()
    assert not path.exists()
    path.touch()
    assert file.load() == Settings()


def test_a_change_is_saved_and_private(file: SettingsFile, path: Path) -> None:
    changed = file.set("sampling.temperature", "0.25")
    assert changed.sampling.temperature == 0.25
    assert changed == SettingsFile(path).load()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in sorted(path.parent.iterdir())] in (
        ["settings.toml"],
        ["settings.toml", "settings.toml.lock"],
    )


@pytest.mark.parametrize("description", describe(), ids=lambda description: description.key)
def test_every_default_can_be_set(file: SettingsFile, path: Path, description: SettingDescription) -> None:
    assert file.set(description.key, str(description.default)) == Settings()
    assert description.key.partition(".")[2] in path.read_text()
    assert file.reset(description.key) == Settings()
    assert description.key.partition(".")[2] not in path.read_text()


def test_comments_and_order_survive(file: SettingsFile, path: Path) -> None:
    path.write_bytes(
        b"# Mine.\r\n\r\n[sampling] # how\r\ntop_k = 3\r\n# not too wild\r\ntemperature = 0.5   # was 0.9\r\n"
    )
    file.set("sampling.temperature", "1")
    file.set("sampling.top_k", "5")
    assert path.read_bytes() == (
        b"# Mine.\r\n\r\n[sampling] # how\r\ntop_k = 5\r\n# not too wild\r\ntemperature = 1.0   # was 0.9\r\n"
    )
    file.reset("sampling.temperature")
    assert file.load() == Settings(sampling=msgspec.structs.replace(Settings().sampling, top_k=5))


@pytest.mark.parametrize(
    "text",
    [
        "sampling.top_k = 3\n",
        "sampling = {top_k = 3}\n",
        "\ufeff[sampling]\ntop_k = 3\n",
        "[model]\n[sampling]\ntop_k = 3",
    ],
)
def test_other_spellings_of_toml(file: SettingsFile, path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    assert file.load().sampling.top_k == 3
    assert file.set("sampling.seed", "7").sampling.top_k == 3
    loaded = file.load()
    assert (loaded.sampling.top_k, loaded.sampling.seed) == (3, 7)
    assert file.reset("sampling.top_k").sampling.top_k == 40


@pytest.mark.parametrize(
    ("key", "text", "allowed"),
    [
        ("sampling.temperature", "hot", "a number from -1.0 to 5.0"),
        ("sampling.temperature", "5.5", "a number from -1.0 to 5.0"),
        ("sampling.temperature", "nan", "a number from -1.0 to 5.0"),
        ("sampling.temperature", "inf", "a number from -1.0 to 5.0"),
        ("sampling.top_k", "1.5", "a whole number from 0 to 1000000 (tokens)"),
        ("sampling.top_k", "-1", "a whole number from 0 to 1000000 (tokens)"),
        ("sampling.top_k", "9" * 5000, "a whole number from 0 to 1000000 (tokens)"),
        ("sampling.top_k", "9" * 30, "a whole number from 0 to 1000000 (tokens)"),
        ("sampling.seed", "", "a whole number from -1 to 4294967294"),
        ("chat.system_prompt", "x" * 100_001, "text of at most 100000 characters"),
        ("model.path", "\udcff", "text"),
    ],
)
def test_a_bad_value_is_named_and_not_written(
    file: SettingsFile, path: Path, key: str, text: str, allowed: str
) -> None:
    path.write_text("# untouched\n")
    with pytest.raises(SettingInvalid) as raised:
        file.set(key, text)
    message = str(raised.value)
    assert message.startswith(f"{key} cannot be {text[:60] or chr(34) * 2}")
    assert message.endswith(f"it must be {allowed}.")
    assert "reset" in raised.value.info.remedy_text
    assert path.read_text() == "# untouched\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[sampling]\ntemperature = 9.0", "sampling.temperature cannot be 9.0: it must be a number from -1.0 to 5.0."),
        ("[sampling]\ntemperature = nan", "sampling.temperature cannot be nan: it must be a number from -1.0 to 5.0."),
        ("[sampling]\ntop_k = true", "sampling.top_k cannot be True: it must be a whole number from 0 to 1000000"),
        ("[model]\npath = 1979-05-27", "model.path cannot be 1979-05-27: it must be text."),
        ("[model]\nn_ctx = [1, 2]", "model.n_ctx cannot be [1, 2]: it must be a whole number"),
        ("[sampling]\ntemprature = 1", "There is no setting sampling.temprature."),
        ("[mine]\nx = 1", "There is no setting mine.x."),
        ("model = 3", "In the settings file, model stands outside a section."),
        ("[sampling\n", "cannot be understood: "),
        ("a = " + "[" * 5000, "cannot be understood: "),
    ],
)
def test_a_bad_file_is_explained(file: SettingsFile, path: Path, text: str, message: str) -> None:
    path.write_text(text)
    with pytest.raises(SettingInvalid) as raised:
        file.load()
    assert message in str(raised.value)
    assert str(file.read().problem) == str(raised.value)
    assert path.read_text() == text


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"[sampling\ntop_k = 3\n", b"a = " + b"[" * 5000])
def test_a_file_that_is_no_toml_is_never_replaced(file: SettingsFile, path: Path, content: bytes) -> None:
    path.write_bytes(content)
    for change in (file.load, lambda: file.set("sampling.seed", "1"), lambda: file.reset("sampling.top_k")):
        with pytest.raises(SettingInvalid, match="cannot be understood"):
            change()
    assert path.read_bytes() == content


def test_one_bad_value_costs_that_value_only(file: SettingsFile, path: Path) -> None:
    path.write_text(
        "model = 3\n[sampling]\ntemperature = 9.0\ntop_k = 3\ntemprature = 1\n"
        "[appearance]\ntheme = 'dark'\nlanguage = 'zh_CN'\n[mine]\nx = 1\n"
    )
    settings, problem = file.read()
    assert (settings.appearance.theme, settings.appearance.language, settings.sampling.top_k) == ("dark", "zh_CN", 3)
    assert settings.sampling.temperature == Settings().sampling.temperature
    assert settings.model == Settings().model
    assert isinstance(problem, SettingInvalid)
    assert problem.info.values["key"] == "model", "the first thing that is wrong"


def test_a_change_beside_a_bad_value_keeps_it(file: SettingsFile, path: Path) -> None:
    path.write_text("[sampling]\ntemperature = 9.0 # wild\n[mine]\nx = 1\n")
    assert file.set("sampling.top_k", "3").sampling.top_k == 3
    assert file.reset("sampling.top_k") == Settings()
    assert path.read_text() == "[sampling]\ntemperature = 9.0 # wild\n[mine]\nx = 1\n"
    path.write_text("sampling = 3\n")
    with pytest.raises(SettingInvalid, match="sampling stands outside a section"):
        file.set("sampling.top_k", "3")
    assert path.read_text() == "sampling = 3\n"


@pytest.mark.parametrize(
    "broken",
    [
        b"[appearance\n",
        b"[model]\npath = C:\\models\n",
        b"[chat]\nsystem_prompt = 'f\xfcr mich'\n",
        b"[appearance]\ntext_scale = 1.2\n",
        b"[chat]\nsystem_prompt = [[\n",
    ],
    ids=["no bracket", "no quotes", "no UTF-8", "twice the same section", "an open list"],
)
def test_in_a_broken_file_the_sound_sections_count(file: SettingsFile, path: Path, broken: bytes) -> None:
    sound = b"[appearance]\r\ntheme = 'dark' # mine\r\nlanguage = 'zh_CN'\r\n"
    for content in (broken + sound, sound + broken):
        path.write_bytes(content)
        settings, problem = file.read()
        assert (settings.appearance.theme, settings.appearance.language) == ("dark", "zh_CN")
        assert isinstance(problem, SettingInvalid)
        assert "cannot be understood" in str(problem)


def test_an_unreadable_file_means_defaults_and_is_told(file: SettingsFile, path: Path) -> None:
    path.mkdir()
    settings, problem = file.read()
    assert settings == Settings()
    assert isinstance(problem, DataFolderUnusable)


@pytest.mark.parametrize(
    ("key", "remedy"),
    [
        ("sampling.temprature", "Did you mean sampling.temperature?"),
        ("temperature", "Did you mean sampling.temperature?"),
        ("seed", "Did you mean sampling.seed?"),
        ("colour", "List the settings to see their names."),
        ("", "List the settings to see their names."),
    ],
)
def test_an_unknown_key_gets_a_suggestion(file: SettingsFile, key: str, remedy: str) -> None:
    for action in (lambda: file.set(key, "1"), lambda: file.reset(key)):
        with pytest.raises(SettingInvalid, match="no setting") as raised:
            action()
        assert raised.value.info.remedy_text == remedy


def test_bad_settings_are_repaired_one_by_one(file: SettingsFile, path: Path) -> None:
    path.write_text("[sampling]\ntop_k = 'many'\ntemprature = 1\n[mine]\nx = 1\n[chat]\nsystem_prompt = 'kept'\n")
    for key in ("sampling.top_k", "sampling.temprature"):
        file.reset(key)
        with pytest.raises(SettingInvalid):
            file.load()
    file.reset("mine.x")
    assert file.load().chat.system_prompt == "kept"
    path.write_text("[sampling]\ntop_k = 'many'\n")
    assert file.set("sampling.top_k", "4").sampling.top_k == 4


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text())
def test_any_text_comes_back(file: SettingsFile, text: str) -> None:
    assert file.set("chat.system_prompt", text).chat.system_prompt == text
    assert file.load().chat.system_prompt == text


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary() | st.text(alphabet="[]sampling.top_k=1\"'#\n{}").map(str.encode))
def test_any_file_is_read_or_explained(file: SettingsFile, path: Path, content: bytes) -> None:
    path.write_bytes(content)
    settings, problem = file.read()
    assert isinstance(settings, Settings)
    assert problem is None or isinstance(problem, SettingInvalid)


def test_a_link_stays_a_link(file: SettingsFile, path: Path) -> None:
    target = path.parent / "elsewhere.toml"
    target.write_text("# mine\n")
    path.symlink_to(target)
    file.set("sampling.seed", "3")
    assert path.is_symlink()
    assert "seed = 3" in target.read_text()


def test_a_crash_while_writing_leaves_the_old_file(
    file: SettingsFile, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.set("sampling.seed", "3")
    before = path.read_text()

    def full_disk(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(DataFolderUnusable, match="cannot be read or written"):
        file.set("sampling.seed", "4")
    assert path.read_text() == before
    assert list(path.parent.glob("*.new")) == []


def test_changes_at_once_are_all_kept(path: Path) -> None:
    values = {"sampling.top_k": "7", "sampling.seed": "8", "model.n_threads": "9", "model.n_ctx": "10"}
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda item: SettingsFile(path).set(*item), values.items()))
    loaded = SettingsFile(path).load()
    assert (loaded.sampling.top_k, loaded.sampling.seed) == (7, 8)
    assert (loaded.model.n_threads, loaded.model.n_ctx) == (9, 10)


def test_a_lock_that_is_held_is_reported(file: SettingsFile, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings_file, "_LOCK_TIMEOUT_S", 0.05)
    with ThreadPoolExecutor(1) as pool, file._locked():
        error = pool.submit(SettingsFile(path).set, "sampling.seed", "1").exception()
    assert isinstance(error, DataFolderUnusable)
    assert "Another program" in str(error)


def test_a_folder_instead_of_the_file(file: SettingsFile, path: Path) -> None:
    path.mkdir()
    with pytest.raises(DataFolderUnusable):
        file.load()
