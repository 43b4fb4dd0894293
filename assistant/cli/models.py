"""``famulus models``: what a model file is.

Process: app. Thread: the main one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assistant.cli.terminal import gibibytes, harmless, output, print_json
from assistant.core.errors import ModelUnsupported
from assistant.core.media import MediaKind
from assistant.core.memory_estimate import estimate_memory
from assistant.core.model_facts import ProjectorFacts
from assistant.hub.gguf_header import HeaderDescription, describe_header
from assistant.hub.model_kind import BY_TYPE
from assistant.hub.projector_header import read_projector

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
    description = _described(file.expanduser())
    if as_json:
        print_json(description)
        return
    rows = _projector_rows(description) if isinstance(description, ProjectorFacts) else _model_rows(description)
    for title, value in rows.items():
        output.print(f"{title:<18} {harmless(value)}")


def _described(path: Path) -> HeaderDescription | ProjectorFacts:
    try:
        return describe_header(path)
    except ModelUnsupported as unsupported:
        if unsupported.info.message != BY_TYPE["mmproj"][0]:
            raise
        return read_projector(path)


def _projector_rows(facts: ProjectorFacts) -> dict[str, str]:
    takes_in = {MediaKind.IMAGE: "pictures", MediaKind.SOUND: "sounds"}
    return {
        "name": facts.name,
        "kind": "projector: the part that lets a model see or hear; it belongs beside its model",
        "takes in": " and ".join(takes_in[kind] for kind in sorted(facts.media)),
        "type": facts.projector_type,
        "width": f"{facts.n_embd}, as its model's" if facts.n_embd else "not said",
        "picture size": f"{facts.image_size} x {facts.image_size}" if facts.image_size else "not fixed",
        "size": gibibytes(facts.tensor_bytes),
    }


def _model_rows(description: HeaderDescription) -> dict[str, str]:
    facts = description.facts
    memory = estimate_memory(facts, facts.n_ctx_train)
    short = estimate_memory(facts, min(4096, facts.n_ctx_train))
    return {
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
