from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from assistant.core.errors import AutostartFailed
from assistant.core.settings import DEFAULT_SYSTEM_PROMPT, describe
from assistant.gui.app_view_model import AppViewModel
from assistant.gui.settings_view_model import SettingsViewModel
from assistant.services.services import Services

Wait = Callable[[Callable[[], object]], None]


@pytest.fixture
def settings(app: AppViewModel) -> SettingsViewModel:
    return app.settings


def field(settings: SettingsViewModel, key: str) -> dict[str, Any]:
    return next(each for each in settings.fields(key.partition(".")[0]) if each["key"] == key)


def test_every_setting_is_a_field(settings: SettingsViewModel) -> None:
    sections = dict.fromkeys(description.key.partition(".")[0] for description in describe())
    keys = [each["key"] for section in sections for each in settings.fields(section)]
    assert keys == [description.key for description in describe()]


def test_a_field_says_what_its_form_needs(settings: SettingsViewModel) -> None:
    assert field(settings, "sampling.top_k") == {
        "key": "sampling.top_k",
        "title": "Top k",
        "description": "Keep only the k likeliest tokens; 0 keeps all.",
        "unit": "tokens",
        "type": "int",
        "choices": [],
        "value": 40,
        "default": 40,
        "minimum": 0,
        "maximum": 1_000_000,
        "isDefault": True,
        "error": "",
    }
    theme = field(settings, "appearance.theme")
    assert theme["type"] == "choice"
    assert theme["choices"][0] == {"value": "system", "title": "system"}


def test_a_value_is_written_and_told(settings: SettingsViewModel, services: Services, qtbot: QtBot) -> None:
    told = qtbot.waitSignal(
        settings.fieldsChanged, timeout=30_000, check_params_cb=lambda section: section == "sampling"
    )
    with told:
        settings.setValue("sampling.temperature", "0.1")
    assert services.settings.load().sampling.temperature == 0.1
    assert (field(settings, "sampling.temperature")["value"], settings.settings.sampling.temperature) == (0.1, 0.1)
    assert not field(settings, "sampling.temperature")["isDefault"]


def test_reset(settings: SettingsViewModel, wait: Wait) -> None:
    assert not field(settings, "chat.system_prompt")["isDefault"]  # the fakes' is empty
    settings.resetValue("chat.system_prompt")
    wait(lambda: field(settings, "chat.system_prompt")["value"] == DEFAULT_SYSTEM_PROMPT)


def test_a_refused_value_is_shown_at_its_field(settings: SettingsViewModel, wait: Wait) -> None:
    settings.setValue("sampling.temperature", "hot")
    wait(lambda: field(settings, "sampling.temperature")["error"])
    assert field(settings, "sampling.temperature")["error"] == "Enter a number from -1.0 to 5.0."
    assert settings.problem == ""
    assert field(settings, "sampling.temperature")["value"] == -1.0
    settings.setValue("sampling.temperature", "0.2")
    wait(lambda: field(settings, "sampling.temperature")["value"] == 0.2)
    assert field(settings, "sampling.temperature")["error"] == ""


def test_the_named_properties_follow_and_write(settings: SettingsViewModel, services: Services, wait: Wait) -> None:
    assert (settings.theme, settings.language, settings.textScale, settings.reduceMotion) == (
        "system",
        "system",
        1.0,
        False,
    )
    settings.theme = "dark"
    settings.language = "zh_CN"
    settings.textScale = 1.25
    settings.reduceMotion = True
    settings.quickChatEnabled = True
    settings.shortcut = "Ctrl+Shift+F"
    settings.closeToTray = True
    wait(lambda: settings.closeToTray)
    assert (settings.theme, settings.dark, settings.motionReduced) == ("dark", True, True)
    stored = services.settings.load()
    assert (stored.appearance.language, stored.appearance.text_scale) == ("zh_CN", 1.25)
    assert (stored.quick_chat.enabled, stored.quick_chat.shortcut) == (True, "Ctrl+Shift+F")
    assert settings.dataFolder == str(services.paths.home)


def test_the_style_of_answers_follows_theme_and_size(
    app: AppViewModel, settings: SettingsViewModel, wait: Wait
) -> None:
    settings.theme = "dark"
    settings.textScale = 1.5
    wait(lambda: settings.textScale == 1.5)
    assert app.conversation.messages._style.dark
    assert app.conversation.messages._style.body_px == 22.5


def test_an_invalid_file_is_told_and_mended(qapp: object, services: Services, wait: Wait) -> None:
    services.paths.settings.write_text("[sampling]\ntemperature = 'hot'\n[appearance]\ntheme = 'dark'\n")
    app = AppViewModel(services)
    settings = app.settings
    assert "sampling.temperature" in settings.problem
    assert settings.problemRemedy
    assert (settings.theme, settings.dark) == ("dark", True), "one bad value costs that value only"
    settings.setValue("appearance.text_scale", "1.2")
    wait(lambda: settings.textScale == 1.2)
    assert "temperature = 'hot'" in services.paths.settings.read_text(), "what a person wrote stays"
    assert "sampling.temperature" in settings.problem
    settings.resetValue("sampling.temperature")
    wait(lambda: settings.problem == "")
    assert (settings.theme, settings.problemRemedy) == ("dark", "")
    app.close()


def test_a_file_that_is_no_toml_keeps_its_sound_sections_and_is_not_written(
    qapp: object, services: Services, wait: Wait
) -> None:
    text = "[appearance]\ntheme = 'dark'\n[sampling\ntop_k = 3\n"
    services.paths.settings.write_text(text)
    app = AppViewModel(services)
    settings = app.settings
    assert settings.dark
    assert "cannot be understood" in settings.problem
    settings.setValue("appearance.text_scale", "1.2")
    wait(lambda: field(settings, "appearance.text_scale")["error"])
    assert settings.textScale == 1.0
    assert services.paths.settings.read_text() == text
    app.close()


def test_the_settings_page_shows_what_the_file_says_now(
    app: AppViewModel, settings: SettingsViewModel, services: Services, wait: Wait
) -> None:
    services.settings.set("sampling.top_k", "7")
    app.page = "settings"
    wait(lambda: field(settings, "sampling.top_k")["value"] == 7)


class Login:
    """Starting at login on a system that remembers one flag."""

    def __init__(self) -> None:
        self.is_on = False
        self.is_broken = False

    def possible(self) -> bool:
        return True

    def is_enabled(self) -> bool:
        return self.is_on

    def enable(self) -> None:
        if self.is_broken:
            raise AutostartFailed("The disk is full.")
        self.is_on = True

    def disable(self) -> None:
        self.is_on = False


def test_start_at_login(qapp: object, services: Services, wait: Wait) -> None:
    login = Login()
    app = AppViewModel(services, login)
    settings = app.settings
    assert settings.startAtLoginPossible
    settings.startAtLogin = True
    wait(lambda: settings.startAtLogin)
    settings.startAtLogin = False
    wait(lambda: not settings.startAtLogin)
    login.is_broken = True
    settings.startAtLogin = True
    wait(lambda: settings.problem == "The disk is full.")
    assert not settings.startAtLogin
    app.close()


def test_start_at_login_may_be_impossible(settings: SettingsViewModel) -> None:
    assert not settings.startAtLoginPossible
    settings.startAtLogin = True
    assert not settings.startAtLogin
