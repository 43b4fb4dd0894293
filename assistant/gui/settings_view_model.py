"""The settings, as the window follows and changes them.

Process: app with a window. Thread: the GUI's; the file is written in the background.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Protocol

from PySide6.QtCore import Property, QObject, Qt, Signal, Slot
from PySide6.QtGui import QGuiApplication, QStyleHints

from assistant.core.errors import ErrorInfo, FamulusError
from assistant.core.overflow import OverflowPolicy
from assistant.core.settings import Settings
from assistant.gui.error_text import error_words
from assistant.gui.render_style import RenderStyle
from assistant.gui.room_text import policy_words
from assistant.gui.setting_fields import refusal_words, section_fields, section_of, text_of, value_of
from assistant.gui.window_context import WindowContext
from assistant.storage.setting_values import SettingsRead


class Autostart(Protocol):
    """Starting Famulus when the person logs in: `assistant.gui.autostart`, or a test's stand-in."""

    def possible(self) -> bool:
        """Whether this installation can do it."""

    def is_enabled(self) -> bool:
        """Whether it is on; reads the disk."""

    def enable(self) -> None:
        """Switch it on; raises `FamulusError`."""

    def disable(self) -> None:
        """Switch it off; raises `FamulusError`."""


class SettingsViewModel(QObject):
    """What the settings are now.

    The file is read once here, before the window is there: its first frame needs the theme.

    Args:
        context: What the window works with.
        autostart: Starting at login; None where it is not possible.
        parent: Qt's owner.
    """

    changed = Signal()
    fieldsChanged = Signal(str)
    problemChanged = Signal()

    writeEnded = Signal(str)
    """The key of a setting that `setValue` or `resetValue` has written, or could not; behind `changed`."""

    def __init__(self, context: WindowContext, autostart: Autostart | None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._file = context.services.settings
        self._autostart = autostart if autostart is not None and autostart.possible() else None
        self._starts_at_login = False
        self._refusals: dict[str, ErrorInfo] = {}
        self._settings, problem = self._file.read()
        self._problem: ErrorInfo | None = problem.info if problem is not None else None
        hints = QGuiApplication.styleHints()
        hints.colorSchemeChanged.connect(self._follow_system)
        self._system_is_dark = hints.colorScheme() is Qt.ColorScheme.Dark
        self._system_reduces_motion = _reduces_motion(hints)
        if self._autostart is not None:
            context.background.run(self._autostart.is_enabled, self._take_autostart)

    @property
    def settings(self) -> Settings:
        """All settings as they were read last; the default stands for each that the file has wrong."""
        return self._settings

    @property
    def style(self) -> RenderStyle:
        """How answers are drawn."""
        application = QGuiApplication.instance()
        # The largest of all screens: formulas are drawn once, and smaller screens make them smaller.
        ratio = application.devicePixelRatio() if isinstance(application, QGuiApplication) else 1.0
        return RenderStyle.of_theme(self._is_dark(), self._settings.appearance.text_scale, ratio)

    @Property(bool, notify=changed)
    def dark(self) -> bool:
        """Whether the window is dark."""
        return self._is_dark()

    @Property(bool, notify=changed)
    def motionReduced(self) -> bool:
        """Whether nothing moves: because the person, or the system for all programs, has asked for it."""
        return self._settings.appearance.reduce_motion or self._system_reduces_motion

    @Property(str, notify=changed)
    def overflow(self) -> str:
        """What happens when a chat without a choice of its own no longer fits: an `OverflowPolicy`."""
        return self._settings.chat.overflow

    @Property("QVariantMap", notify=fieldsChanged)  # type: ignore[arg-type]
    def policyWords(self) -> dict[str, str]:
        """Each `OverflowPolicy` as a choice."""
        return {policy.value: policy_words(policy) for policy in OverflowPolicy}

    @Property(str, constant=True)
    def dataFolder(self) -> str:
        """Where everything is kept."""
        return str(self._context.services.paths.home)

    @Property(bool, constant=True)
    def startAtLoginPossible(self) -> bool:
        """Whether this installation can start when the person logs in."""
        return self._autostart is not None

    @Property(str, notify=problemChanged)
    def problem(self) -> str:
        """Why the file cannot be used; empty if it can."""
        return error_words(self._problem).title if self._problem is not None else ""

    @Property(str, notify=problemChanged)
    def problemRemedy(self) -> str:
        """What can be done about it."""
        return error_words(self._problem).remedy if self._problem is not None else ""

    def _is_dark(self) -> bool:
        theme = self._settings.appearance.theme
        return self._system_is_dark if theme == "system" else theme == "dark"

    def _get(self, key: str) -> Any:
        return value_of(self._settings, key)

    def _set(self, key: str, value: str | float | bool) -> None:
        if value != self._get(key):
            self.setValue(key, text_of(value))

    def _get_start_at_login(self) -> bool:
        return self._starts_at_login

    def _set_start_at_login(self, enabled: bool) -> None:
        autostart = self._autostart
        if autostart is None:
            return

        def switch() -> bool:
            if enabled:
                autostart.enable()
            else:
                autostart.disable()
            return autostart.is_enabled()

        self._context.background.run(switch, self._take_autostart, self._set_problem_of)

    theme = Property(
        str,
        lambda self: self._get("appearance.theme"),
        lambda self, value: self._set("appearance.theme", value),
        notify=changed,
    )
    language = Property(
        str,
        lambda self: self._get("appearance.language"),
        lambda self, value: self._set("appearance.language", value),
        notify=changed,
    )
    textScale = Property(
        float,
        lambda self: self._get("appearance.text_scale"),
        lambda self, value: self._set("appearance.text_scale", value),
        notify=changed,
    )
    reduceMotion = Property(
        bool,
        lambda self: self._get("appearance.reduce_motion"),
        lambda self, value: self._set("appearance.reduce_motion", value),
        notify=changed,
    )
    quickChatEnabled = Property(
        bool,
        lambda self: self._get("quick_chat.enabled"),
        lambda self, value: self._set("quick_chat.enabled", value),
        notify=changed,
    )
    shortcut = Property(
        str,
        lambda self: self._get("quick_chat.shortcut"),
        lambda self, value: self._set("quick_chat.shortcut", value),
        notify=changed,
    )
    closeToTray = Property(
        bool,
        lambda self: self._get("window.close_to_tray"),
        lambda self, value: self._set("window.close_to_tray", value),
        notify=changed,
    )
    startAtLogin = Property(bool, _get_start_at_login, _set_start_at_login, notify=changed)

    @Slot(str, result="QVariantList")
    def fields(self, section: str) -> list[dict[str, Any]]:
        """The fields of a section; see `section_fields`."""
        errors = {key: _refusal_words(key, error) for key, error in self._refusals.items()}
        return section_fields(self._settings, section, errors)

    @Slot(str, str)
    def setValue(self, key: str, text: str) -> None:
        """Change a setting; what is refused is shown at its field."""
        self._context.background.run(
            lambda: self._file.set(key, text), partial(self._changed, key), partial(self._refused, key)
        )

    @Slot(str)
    def resetValue(self, key: str) -> None:
        """Return a setting to its default."""
        self._context.background.run(
            lambda: self._file.reset(key), partial(self._changed, key), partial(self._refused, key)
        )

    def reload(self) -> None:
        """Read the file again: a person or another process may have changed it."""
        self._context.background.run(self._file.read, self._take_read)

    def take(self, settings: Settings) -> None:
        """Use settings that were just written."""
        self._use(settings)
        if self._problem is not None:
            self.reload()  # something else may be wrong still

    def _take_read(self, read: SettingsRead) -> None:
        self._set_problem(read.problem.info if read.problem is not None else None)
        self._use(read.settings)

    def _use(self, settings: Settings) -> None:
        self._settings = settings
        self.changed.emit()
        for section in Settings.__struct_fields__:  # after that, for it may have changed the language of all fields
            self.fieldsChanged.emit(section)

    def _changed(self, key: str, settings: Settings) -> None:
        self._refusals.pop(key, None)
        self.take(settings)
        self.writeEnded.emit(key)

    def _refused(self, key: str, error: FamulusError) -> None:
        self._refusals[key] = error.info
        if not _is_about(key, error.info):
            self._set_problem(error.info)  # something else in the file
        self.changed.emit()  # a control that ran ahead returns to the value that holds
        self.fieldsChanged.emit(section_of(key))
        self.writeEnded.emit(key)

    def _take_autostart(self, enabled: bool) -> None:
        self._starts_at_login = enabled
        self.changed.emit()

    def _follow_system(self, scheme: Qt.ColorScheme) -> None:
        self._system_is_dark = scheme is Qt.ColorScheme.Dark
        self.changed.emit()

    def _set_problem_of(self, error: FamulusError) -> None:
        self._set_problem(error.info)
        self.changed.emit()

    def _set_problem(self, problem: ErrorInfo | None) -> None:
        if problem != self._problem:
            self._problem = problem
            self.problemChanged.emit()


def _is_about(key: str, error: ErrorInfo) -> bool:
    return error.values.get("key") == key


def _refusal_words(key: str, error: ErrorInfo) -> str:
    return refusal_words(key) if _is_about(key, error) else error_words(error).text


def _reduces_motion(hints: QStyleHints) -> bool:
    accessibility = getattr(hints, "accessibility", None)  # since Qt 6.10
    preference = getattr(accessibility(), "motionPreference", None) if accessibility is not None else None  # since 6.12
    return preference is not None and preference().name == "ReducedMotion"
