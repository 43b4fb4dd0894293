"""``famulus conversations``: list, show, search, export, delete.

Process: app. Thread: the main one.
"""

from __future__ import annotations

import enum
import sys
from pathlib import Path
from typing import Annotated

import typer

from assistant.cli.listing import print_conversations, print_hits, print_messages
from assistant.cli.terminal import harmless, is_terminal, notes, print_json
from assistant.core.errors import InputInvalid
from assistant.services.export import to_json, to_markdown
from assistant.services.services import Services

app = typer.Typer(no_args_is_help=True, help="The conversations on this computer.")

Id = Annotated[str, typer.Argument(metavar="ID", help="Id of the conversation, or its first four or more digits.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]


MAX_LISTED = 1_000_000


class ExportFormat(enum.StrEnum):
    """What an export looks like."""

    MARKDOWN = "markdown"
    JSON = "json"


@app.command("list")
def list_conversations(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, max=MAX_LISTED, help="At most so many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List the conversations, the latest first."""
    with _services(context) as services:
        print_conversations(services.conversations.list(limit=limit), as_json=as_json)


@app.command()
def show(context: typer.Context, conversation: Id, as_json: AsJson = False) -> None:
    """Show the messages of a conversation."""
    with _services(context) as services:
        found = services.conversations.get(conversation)
        print_messages(found, services.conversations.branch(found.id), as_json=as_json)


@app.command()
def search(
    context: typer.Context,
    words: Annotated[list[str], typer.Argument(help="Words that must all be there.")],
    limit: Annotated[int, typer.Option(min=1, max=MAX_LISTED, help="At most so many.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Find words in all messages and titles."""
    with _services(context) as services:
        print_hits(services.conversations.search(" ".join(words), limit=limit), as_json=as_json)


@app.command()
def export(
    context: typer.Context,
    conversation: Id,
    form: Annotated[ExportFormat, typer.Option("--format", help="JSON keeps all branches.")] = ExportFormat.MARKDOWN,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File to write, not an existing one.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Short for --format json.")] = False,
) -> None:
    """Write a conversation as Markdown or JSON."""
    with _services(context) as services:
        found = services.conversations.get(conversation)
        if as_json or form is ExportFormat.JSON:
            text = to_json(found, services.conversations.messages(found.id))
        else:
            text = to_markdown(found, services.conversations.branch(found.id))
    if output is None:
        print(harmless(text) if is_terminal(sys.stdout) else text, end="")
    else:
        _write_new(output, text)


@app.command()
def delete(
    context: typer.Context,
    conversation: Id,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Delete a conversation for good. On a terminal it asks first."""
    with _services(context) as services:
        found = services.conversations.get(conversation)
        if sys.stdin is not None and sys.stdin.isatty() and not (yes or as_json):
            _confirm(f"Delete “{harmless(found.title)}” for good? [y/N] ")
        services.deletion.delete(found.id)
    if as_json:
        print_json({"type": "deleted", "conversation_id": found.id})
    else:
        notes.print(f"Deleted {found.id}.")


def _services(context: typer.Context) -> Services:
    services: Services = context.obj()
    return services


def _confirm(question: str) -> None:
    if input(question).strip().lower() not in ("y", "yes"):
        raise typer.Exit(1)


def _write_new(path: Path, text: str) -> None:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise InputInvalid("{path} exists already.", remedy="Choose another name.", path=str(path)) from error
    except OSError as error:
        raise InputInvalid(
            "{path} cannot be written: {reason}.", path=str(path), reason=error.strerror or "", cause=repr(error)
        ) from error
