"""Command-line options that override settings for one run.

Process: app. Thread rule: pure.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import msgspec
import typer

from assistant.core.settings import Settings

_OTHER_NAMES = {"chat.system_prompt": "--system", "model.path": "--model"}
"""Options that are not called like their setting."""


def overridden(settings: Settings, options: dict[str, Any]) -> Settings:
    """The settings with some of them replaced.

    Args:
        settings: What the settings file says.
        options: Key of a setting (``sampling.top_p``) to its new value; None leaves it.

    Raises:
        typer.BadParameter: A value is out of range; the sentence names the option.
    """
    values = msgspec.to_builtins(settings)
    for key, value in options.items():
        if value is None:
            continue
        section, name = key.split(".")
        values[section][name] = value
        hint = _OTHER_NAMES.get(key, f"--{name.replace('_', '-')}")
        if isinstance(value, float) and not math.isfinite(value):
            raise typer.BadParameter("It must be a finite number.", param_hint=hint)
        try:
            settings = msgspec.convert(values, Settings)
        except msgspec.ValidationError as error:
            reason = str(error).split(" - at ")[0]
            raise typer.BadParameter(f"{reason}.", param_hint=hint) from error
    return settings


def model_option(path: Path | None) -> str | None:
    """``--model`` as an absolute path, so that the engine's own working directory does not matter."""
    return str(path.expanduser().absolute()) if path is not None else None
