"""``famulus models``: what a model file is.

Process: app. Thread: the main one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assistant.cli.terminal import gibibytes, harmless, output, print_json
from assistant.core.context_plan import estimate_memory
from assistant.hub.gguf_header import HeaderDescription, describe_header

app = typer.Typer(no_args_is_help=True, help="Model files.")


@app.callback()
def models() -> None:
    """Model files."""


@app.command()
def info(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="GGUF file.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Say what a GGUF file is, whether it is sound, and what memory it needs."""
    description = describe_header(file.expanduser())
    if as_json:
        print_json(description)
        return
    _print(description)


def _print(description: HeaderDescription) -> None:
    facts = description.facts
    memory = estimate_memory(facts, facts.n_ctx_train)
    short = estimate_memory(facts, min(4096, facts.n_ctx_train))
    rows = {
        "name": facts.name,
        "architecture": facts.architecture,
        "quantization": facts.quantization,
        "size": gibibytes(facts.file_bytes),
        "parameters": f"{facts.n_params / 1e6:,.0f} million",
        "layers": str(facts.n_layer),
        "context (trained)": f"{facts.n_ctx_train:,} tokens",
        "vocabulary": f"{facts.n_vocab:,} tokens",
        "chat template": "yes" if facts.has_chat_template else "no",
        "memory": f"{gibibytes(short.total_bytes)} at {min(4096, facts.n_ctx_train):,} tokens, "
        f"{gibibytes(memory.total_bytes)} at {facts.n_ctx_train:,}",
    }
    for title, value in rows.items():
        output.print(f"{title:<18} {harmless(value)}")
