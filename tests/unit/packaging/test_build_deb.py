from __future__ import annotations

import configparser
import gzip
import re
import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from pathlib import Path

import build_deb
import pytest

from assistant.core.window_command import WindowCommand

HERE = build_deb.HERE
CHANGED = datetime(2026, 11, 22, tzinfo=UTC)


def desktop_entry() -> configparser.ConfigParser:
    entry = configparser.ConfigParser(interpolation=None)
    entry.optionxform = str  # type: ignore[assignment]
    entry.read(HERE / f"{build_deb.APP_ID}.desktop", encoding="utf-8")
    return entry


def test_one_app_id_everywhere() -> None:
    entry = desktop_entry()["Desktop Entry"]
    metainfo = ET.fromstring(build_deb.filled(HERE / f"{build_deb.APP_ID}.metainfo.xml", "1.0", CHANGED))
    assert entry["Icon"] == build_deb.APP_ID
    assert metainfo.findtext("id") == build_deb.APP_ID
    assert metainfo.findtext("launchable") == f"{build_deb.APP_ID}.desktop"


def test_every_start_in_the_desktop_entry_is_one_that_the_program_knows() -> None:
    entry = desktop_entry()
    options = {command.option for command in WindowCommand}
    starts = [section["Exec"].split() for section in map(entry.__getitem__, entry.sections())]
    assert len(starts) == 3
    for program, *arguments in starts:
        assert program == "famulus-gui"
        assert set(arguments) <= options


def test_names_are_translated() -> None:
    entry = desktop_entry()
    for section in map(entry.__getitem__, entry.sections()):
        for key in {"Name", "Comment", "Keywords"} & set(section):
            assert f"{key}[zh_CN]" in section or section[key] == "Famulus"


def test_the_manual_names_every_option_of_the_window_that_is_for_people() -> None:
    manual = (HERE / "famulus-gui.1").read_text().replace("\\-", "-")
    for command in (WindowCommand.NEW_CHAT, WindowCommand.QUICK, WindowCommand.TOGGLE):
        assert command.option in manual


def test_required_packages_are_found_through_others_without_those_for_tests() -> None:
    found = build_deb.required_packages("famulus")
    assert {"llama-cpp-python", "typer", "markupsafe"} <= found
    assert not {"pytest", "hypothesis", "famulus"} & found


def test_modes_and_times_do_not_depend_on_the_builder(tmp_path: Path) -> None:
    program = tmp_path / "usr/lib/famulus/famulus"
    build_deb.put(program, "")
    library = program.with_name("_internal") / "library.so"
    build_deb.put(library, "")
    library.chmod(0o777)
    program.chmod(0o600)
    build_deb.set_modes(tmp_path, CHANGED)
    assert [path.stat().st_mode & 0o777 for path in (program, library, library.parent)] == [0o755, 0o644, 0o755]
    assert library.stat().st_mtime == CHANGED.timestamp()


def test_the_same_text_is_compressed_to_the_same_bytes(tmp_path: Path) -> None:
    build_deb.put_compressed(tmp_path / "a.gz", "text")
    build_deb.put_compressed(tmp_path / "b.gz", "text")
    assert (tmp_path / "a.gz").read_bytes() == (tmp_path / "b.gz").read_bytes()
    assert gzip.decompress((tmp_path / "a.gz").read_bytes()) == b"text"


def test_dependencies_are_added_to_the_configuration(tmp_path: Path) -> None:
    build_deb.write_config(tmp_path / "nfpm.yaml", ["libc6 (>= 2.35)", "libegl1"])
    assert (tmp_path / "nfpm.yaml").read_text().endswith("depends:\n  - libc6 (>= 2.35)\n  - libegl1\n")


def test_the_time_of_the_build_can_be_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(int(CHANGED.timestamp())))
    assert build_deb.last_change() == CHANGED


def test_the_maintainer_has_a_name_and_an_address() -> None:
    assert re.fullmatch(r"[^<>]+ <\S+@\S+\.\S+>", build_deb.maintainer())
