"""``famulus settings``: show and change the settings file.

Process: app. Thread: the main one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from assistant.cli.terminal import harmless, notes, output, print_json
from assistant.core.errors import SettingInvalid
from assistant.core.settings import SettingDescription, Settings, describe
from assistant.services.chosen_model import own_path
from assistant.services.services import Services

app = typer.Typer(invoke_without_command=True, help="Show and change settings.")

Key = Annotated[str, typer.Argument(metavar="KEY", help="For example sampling.temperature.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object.")]

_PATHS = ("model.path", "model.mmproj")


@app.callback()
def settings(context: typer.Context, as_json: AsJson = False) -> None:
    """Show all settings, or change one."""
    if context.invoked_subcommand is not None:
        return
    with _services(context) as services:
        current = services.settings.load()
    if as_json:
        print_json(current)
        return
    for description in describe():
        _print(description, _value(current, description.key))


@app.command()
def get(context: typer.Context, key: Key, as_json: AsJson = False) -> None:
    """Show one setting."""
    with _services(context) as services:
        current = services.settings.load()
    description = next((each for each in describe() if each.key == key), None)
    if description is None:
        raise SettingInvalid("There is no setting {key}.", remedy="`famulus settings` lists them.", key=key)
    value = _value(current, key)
    if as_json:
        print_json({key: value})
    else:
        output.print(harmless(str(value)))


@app.command("set")
def set_value(
    context: typer.Context,
    key: Key,
    value: Annotated[str, typer.Argument(metavar="VALUE", help="The new value.")],
) -> None:
    """Change a setting. Put -- before a negative value."""
    if key in _PATHS and value:
        value = str(Path(value).expanduser().absolute())  # it must mean the same from every folder
    with _services(context) as services:
        before = services.settings.read().settings.model
        current = services.settings.set(key, value)
        if current.model.mmproj and own_path(current.model) != own_path(before):
            services.settings.reset("model.mmproj")  # it was named for the model before
            notes.print('model.mmproj = ""')
    notes.print(f"{key} = {harmless(str(_value(current, key)))}")


@app.command()
def reset(context: typer.Context, key: Key) -> None:
    """Give a setting its default value again."""
    with _services(context) as services:
        current = services.settings.reset(key)
    notes.print(f"{key} = {harmless(str(_value(current, key)))}")


def _services(context: typer.Context) -> Services:
    services: Services = context.obj()
    return services


def _value(current: Settings, key: str) -> Any:
    section, name = key.split(".")
    return getattr(getattr(current, section), name)


def _print(description: SettingDescription, value: Any) -> None:
    shown = harmless(str(value)) if value != "" else '""'
    mark = "" if value == description.default else f"  (default {description.default!r})"
    output.print(f"{description.key} = {shown}{mark}", style="bold" if mark else None)
    output.print(f"    {description.description}", style="dim")
