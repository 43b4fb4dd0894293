"""``famulus adapters``: LoRA adapters, which change how a model answers.

Process: app. Thread: the main one.
"""

from __future__ import annotations

import math
import os
import shlex
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from assistant.cli.options import model_options, overridden
from assistant.cli.terminal import gibibytes, harmless, notes, output, print_json
from assistant.core.adapter import MAX_SCALE, AdapterFacts, AdapterUse
from assistant.core.errors import InputInvalid
from assistant.core.paths import absolute
from assistant.core.settings import Settings
from assistant.hub.adapter_header import read_adapter
from assistant.services.adapters import AdapterService
from assistant.services.services import Services

_ESCAPE = "" if os.name == "nt" else "\\"
"""What takes away the meaning of the character behind it; on Windows a backslash stands between folders."""

app = typer.Typer(no_args_is_help=True, help="LoRA adapters, which change how a model answers.")

Model = Annotated[Path | None, typer.Option(help="GGUF file of the model they are for.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object.")]


@app.callback()
def adapters() -> None:
    """LoRA adapters, which change how a model answers."""


@app.command("list")
def list_adapters(context: typer.Context, model: Model = None, as_json: Json = False) -> None:
    """List the adapters that were added, and whether they belong to the model."""
    services: Services
    with context.obj() as services:
        choices = services.adapters.choices(_settings(services, model).model)
    if as_json:
        print_json([{"path": each.path, "facts": each.facts, "error": each.error} for each in choices])
        return
    if not choices:
        notes.print("No adapter was added yet; famulus adapters add FILE does it.", style="dim")
    for each in choices:
        state = each.error.text if each.error is not None else "fits the model"
        output.print(f"{harmless(each.name):<28} {harmless(state)}\n{'':<28} {harmless(str(each.path))}")


@app.command()
def add(
    context: typer.Context, file: Annotated[Path, typer.Argument(metavar="FILE", help="GGUF file of an adapter.")]
) -> None:
    """Offer an adapter by its name from now on; the file stays where it is."""
    path = absolute(file)
    services: Services
    with context.obj() as services:
        facts = services.adapters.add(path)
    output.print(f"Added: {harmless(path.stem)} ({harmless(facts.name)}, rank {facts.rank}).")


@app.command()
def remove(
    context: typer.Context, name: Annotated[str, typer.Argument(metavar="NAME", help="Its name, or its file.")]
) -> None:
    """Offer an adapter no more; the file stays on the disk."""
    services: Services
    with context.obj() as services:
        path = services.adapters.remove(name)
    output.print(f"Removed: {harmless(str(path))} (the file is still there).")


@app.command()
def convert(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder as PEFT writes it.")],
    target: Annotated[Path, typer.Argument(metavar="FILE", help="GGUF file to write.")],
    model: Model = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Make an adapter for the model of a folder that PEFT wrote, and add it."""
    path = absolute(target)
    if path.exists() and not force:
        raise InputInvalid("{path} is there already.", remedy="Choose another name, or add --force.", path=str(path))
    services: Services
    with context.obj() as services:
        facts = services.adapters.convert(absolute(folder), path, _settings(services, model).model)
    output.print(f"Written and added: {harmless(path.stem)} (rank {facts.rank}, {facts.n_pairs} matrices).")


@app.command()
def info(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="GGUF file of an adapter.")], as_json: Json = False
) -> None:
    """Say what an adapter is, and whether its file is sound."""
    facts = read_adapter(absolute(file)).facts
    if as_json:
        print_json(facts)
        return
    for title, value in _rows(facts).items():
        output.print(f"{title:<18} {harmless(value)}")


def _rows(facts: AdapterFacts) -> dict[str, str]:
    return {
        "name": facts.name,
        "kind": "LoRA adapter",
        "architecture": facts.architecture,
        "made for": facts.base_name or "not said",
        "rank": str(facts.rank),
        "alpha": f"{facts.alpha:g}",
        "changes": f"{facts.n_pairs} matrices",
        "size": gibibytes(facts.tensor_bytes),
    }


def typed_adapters(text: str) -> list[str]:
    """What is typed behind a command, word by word: as it stands there if that is a file, or as a shell quotes it."""
    if _is_file(text) or _is_file(text.rpartition(":")[0]):
        return [text]
    words = shlex.shlex(text, posix=True)
    words.whitespace_split, words.commenters, words.escape = True, "", _ESCAPE
    try:
        return list(words)
    except ValueError:  # a quotation mark without its partner
        return [text]


def adapter_uses(words: Sequence[str], adapters: AdapterService) -> tuple[AdapterUse, ...]:
    """What ``FILE[:SCALE]`` stands for; FILE may be the name of an adapter that was added.

    Raises:
        InputInvalid: A scale is out of range, or an adapter is named twice.
    """
    uses = tuple(_use(word, adapters) for word in words)
    if len({use.path for use in uses}) < len(uses):
        raise InputInvalid("An adapter is named twice.", remedy="Name it once, with the strength that you want.")
    return uses


def _use(word: str, adapters: AdapterService) -> AdapterUse:
    name, scale = word, 1.0
    front, colon, end = word.rpartition(":")
    if colon and not _is_file(word):
        with suppress(ValueError):  # a colon of the name, or of a drive
            name, scale = front, float(end)
    if not math.isfinite(scale) or abs(scale) > MAX_SCALE:
        raise InputInvalid(
            "The strength of an adapter lies between -{limit} and {limit}: {word}.",
            remedy="Give it behind a colon: 0 is not at all, 1 as it was trained.",
            limit=f"{MAX_SCALE:g}",
            word=word,
        )
    added = adapters.find(name) if not _is_file(name) else None
    return AdapterUse(path=str(added or absolute(Path(name))), scale=scale)


def _is_file(name: str) -> bool:
    return bool(name) and os.path.isfile(absolute(Path(name)))  # False, too, for what may not be looked at


def _settings(services: Services, model: Path | None) -> Settings:
    return overridden(services.settings.load(), model_options(model))
