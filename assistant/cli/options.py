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


def model_options(model: Path | None, mmproj: Path | None = None) -> dict[str, str | None]:
    """What ``--model`` and ``--mmproj`` override; absolute paths, for the engine has a working directory of its own.

    A projector belongs to one model: the one of the settings does not count where another model is named.
    """
    projector = _absolute(mmproj) if mmproj is not None or model is None else ""
    return {"model.path": _absolute(model), "model.mmproj": projector}


def _absolute(path: Path | None) -> str | None:
    return str(path.expanduser().absolute()) if path is not None else None
