"""The desktop app as a person meets it: a process on an X server, real keys, another program beside it."""

from __future__ import annotations

import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

pytest.importorskip("PySide6.QtQml", reason="the extra `desktop` is not installed")
pytest.importorskip("Xlib", reason="the extra `desktop` is not installed")

from assistant.services.services import Services
from tests.fakes.fake_engine import FakeEngine
from tests.fakes.fake_services import fake_services
from tests.gui.app_session import PANEL, PATIENCE_S, AppSession, Program, wait_until
from tests.gui.driven_window import DrivenWindow
from tests.gui.xvfb import virtual_screen

MAIN = "Famulus"
NOTICE_LIMIT_S = 3.5
QUESTION = "what is a lighthouse"


@pytest.fixture(scope="module")
def managed_display() -> Iterator[str]:
    with virtual_screen(window_manager=True) as display:
        yield display


@pytest.fixture(scope="module")
def bare_display() -> Iterator[str]:
    with virtual_screen(window_manager=False) as display:
        yield display


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """pytest's own folders have names too long for sockets."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.fixture
def session(managed_display: str, short_folder: Path) -> Iterator[AppSession]:
    """With a window manager."""
    session = AppSession(managed_display, short_folder / "home")
    yield session
    session.close()


@pytest.fixture(params=["bare_display", "managed_display"], ids=["bare", "openbox"])
def any_session(request: pytest.FixtureRequest, short_folder: Path) -> Iterator[AppSession]:
    """With and without a window manager."""
    session = AppSession(request.getfixturevalue(request.param), short_folder / "home")
    yield session
    session.close()


def shows_main_window(session: AppSession) -> bool:
    return any(title == MAIN or title.endswith(f" - {MAIN}") for title in session.shown_titles())


def workers_of(app: Program) -> list[psutil.Process]:
    """The engine and whatever else the app has started, once the engine is there."""
    wait_until(lambda: bool(psutil.Process(app.pid).children(recursive=True)))
    return psutil.Process(app.pid).children(recursive=True)


def answered(session: AppSession) -> bool:
    return [(role, status) for role, _, status in session.messages()[-2:]] == [
        ("user", "complete"),
        ("assistant", "complete"),
    ]


def test_from_another_program_and_back_to_it(any_session: AppSession) -> None:
    session = any_session
    session.start_editor()
    editor = session.focused()
    session.start_ready_app("--hidden")
    session.press("ctrl+alt+space")
    session.await_keyboard(PANEL)
    session.type(QUESTION)
    session.press("Escape")
    wait_until(lambda: not session.is_shown(PANEL) and session.focused() == editor)
    session.type("back")
    wait_until(lambda: session.editor_text() == "back")

    session.press("ctrl+alt+space")
    session.await_keyboard(PANEL)
    session.press("ctrl+alt+space")
    wait_until(lambda: not session.is_shown(PANEL) and session.focused() == editor)
    session.press("ctrl+alt+space")  # at once: Qt has not noticed yet that the keyboard was elsewhere
    session.await_keyboard(PANEL)
    session.press("Return")  # what was typed before is still there
    wait_until(lambda: answered(session))
    assert session.messages()[0][1] == QUESTION
    assert session.messages()[1][1]
    assert QUESTION in session.terminal("conversations", "search", "lighthouse") + session.terminal(
        "conversations", "list"
    )
    assert not shows_main_window(session)
    assert session.editor_text() == "back"


def test_a_click_elsewhere_hides_the_panel_and_keeps_the_keyboard_there(session: AppSession) -> None:
    session.start_editor()
    editor = session.focused()
    session.start_ready_app("--hidden")
    session.press("ctrl+alt+space")
    session.await_keyboard(PANEL)
    session.click_window(editor)
    wait_until(lambda: not session.is_shown(PANEL))
    assert session.focused() == editor
    session.type("here")
    wait_until(lambda: session.editor_text() == "here")
    assert not shows_main_window(session)


def test_it_carries_on_in_the_main_window(session: AppSession) -> None:
    session.start_editor()
    session.start_ready_app("--hidden")
    session.press("ctrl+alt+space")
    session.await_keyboard(PANEL)
    session.type(QUESTION)
    session.press("ctrl+Return")
    wait_until(lambda: shows_main_window(session) and not session.is_shown(PANEL))
    wait_until(lambda: answered(session))
    assert session.messages()[0][1] == QUESTION
    wait_until(lambda: session.focused_title().endswith(f" - {MAIN}"))


def test_later_starts_reach_the_app_that_runs(session: AppSession) -> None:
    app = session.start_ready_app("--hidden")
    session.terminal("--quick")
    session.await_keyboard(PANEL)
    session.terminal("--quick")
    session.terminal("--toggle")
    wait_until(lambda: not session.is_shown(PANEL))
    session.terminal("--toggle")
    session.await_keyboard(PANEL)
    assert not shows_main_window(session)

    assert session.start_app().wait(PATIENCE_S) == 0
    session.await_keyboard(MAIN)
    assert session.focused_process().pid == app.pid
    assert session.start_app("--new-chat").wait(PATIENCE_S) == 0
    assert session.start_app("--hidden").wait(PATIENCE_S) == 0
    assert shows_main_window(session)
    assert app.poll() is None


@pytest.mark.parametrize("option", ["--quick", "--toggle"])
def test_without_a_running_app_they_start_it(session: AppSession, option: str) -> None:
    session.terminal(option)
    session.await_keyboard(PANEL)
    app = session.focused_process()
    try:
        assert not shows_main_window(session)
    finally:
        app.terminate()
        app.wait(PATIENCE_S)


def test_a_new_chat_starts_the_window(session: AppSession) -> None:
    session.start_ready_app("--new-chat")
    session.await_keyboard(MAIN)


def test_sigterm_ends_it_and_keeps_what_was_written(bare_display: str, short_folder: Path) -> None:
    session = AppSession(bare_display, short_folder / "home", max_tokens=2000)
    try:
        app = session.start_ready_app("--quick")
        session.await_keyboard(PANEL)
        session.type("Write a long story about a lighthouse.")
        session.press("Return")
        wait_until(lambda: len(session.messages()) == 2 and len(session.messages()[1][1]) > 20)
        written = session.messages()[1][1]
        workers = workers_of(app)
        app.terminate()
        assert app.wait(PATIENCE_S) == 0
        assert psutil.wait_procs(workers, timeout=PATIENCE_S)[1] == []
        _, text, status = session.messages()[1]
        assert status == "interrupted"
        assert text.startswith(written)
    finally:
        session.close()


def test_closing_the_window_ends_it(session: AppSession) -> None:
    session.own_the_tray()
    app = session.start_ready_app()
    session.await_keyboard(MAIN)
    workers = workers_of(app)
    session.press("alt+F4")
    assert app.wait(PATIENCE_S) == 0
    assert psutil.wait_procs(workers, timeout=PATIENCE_S)[1] == []


@pytest.mark.parametrize("has_tray", [True, False], ids=["tray", "no tray"])
def test_closing_the_window_leaves_it_in_the_tray_where_there_is_one(session: AppSession, has_tray: bool) -> None:
    with (session.home / "settings.toml").open("a") as settings:
        settings.write("[window]\nclose_to_tray = true\n")
    if has_tray:
        session.own_the_tray()
    app = session.start_ready_app()
    session.await_keyboard(MAIN)
    session.press("alt+F4")
    if not has_tray:
        assert app.wait(PATIENCE_S) == 0
        return
    wait_until(lambda: not shows_main_window(session))
    session.press("ctrl+alt+space")
    session.await_keyboard(PANEL)
    assert session.start_app().wait(PATIENCE_S) == 0
    session.await_keyboard(MAIN)


def test_a_killed_app_leaves_nothing_that_stops_the_next(session: AppSession) -> None:
    app = session.start_ready_app("--hidden")
    workers = workers_of(app)
    app.send_signal(signal.SIGKILL)
    app.wait()
    assert psutil.wait_procs(workers, timeout=PATIENCE_S)[1] == []
    assert (session.home / "window.socket").exists()
    heir = session.start_ready_app("--hidden")
    session.terminal("--quick")
    session.await_keyboard(PANEL)
    assert session.focused_process().pid == heir.pid


def test_a_shortcut_that_another_program_holds_is_said(session: AppSession) -> None:
    session.start_key_holder()
    session.start_app("--hidden")
    wait_until(lambda: "Another program holds Ctrl+Alt+Space already." in session.log())


def test_a_conflict_is_named_in_the_settings_and_ends(
    session: AppSession,
    window: DrivenWindow,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DISPLAY", session.environment["DISPLAY"])
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.delenv("XDG_SESSION_TYPE", raising=False)
    holder = session.start_key_holder()
    quick_chat, settings = window.app.quickChat, window.app.settings
    settings.quickChatEnabled = True
    window.wait_until(lambda: quick_chat.shortcutState == "conflict")
    window.app.page = "settings"
    window.wait_until(lambda: bool(window.all_named("Quick chat")))
    window.click(window.named("Quick chat"))
    window.wait_for_words("Another program holds Ctrl+Alt+Space already.")

    holder.kill()
    holder.wait()
    settings.quickChatEnabled = False
    window.wait_until(lambda: quick_chat.shortcutState == "off")
    settings.quickChatEnabled = True
    window.wait_until(lambda: quick_chat.shortcutState == "on")
    assert quick_chat.shortcutProblem == ""


def test_the_window_notices_what_a_terminal_does(
    session: AppSession, open_window: Callable[[Services], DrivenWindow], monkeypatch: pytest.MonkeyPatch
) -> None:
    window = open_window(fake_services(session.home, FakeEngine()))
    session.terminal("settings", "reset", "model.path")
    session.terminal("chat", QUESTION)
    asked_at = time.monotonic()
    window.wait_until(lambda: window.app.sidebar.conversations.rowCount() == 1)
    assert time.monotonic() - asked_at < NOTICE_LIMIT_S
    conversation_id, _ = session.terminal("conversations", "list").split(maxsplit=1)
    session.terminal("conversations", "delete", "--yes", conversation_id)
    window.wait_until(lambda: window.app.sidebar.conversations.rowCount() == 0)
