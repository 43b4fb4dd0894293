"""``famulus doctor`` and ``famulus bench``: the state and the speed of this installation.

Process: app. Thread: the main one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assistant.cli.context_options import KvTypeOption, NCtx, NGpuLayers, Rope, context_options
from assistant.cli.options import model_options, overridden
from assistant.cli.terminal import gibibytes, harmless, notes, output, print_error, print_json
from assistant.services.benchmark import BenchmarkResult, run_benchmark
from assistant.services.diagnosis import Diagnosis, diagnose
from assistant.services.services import Services

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object.")]


def doctor(context: typer.Context, as_json: AsJson = False) -> None:
    """Check versions, processor, graphics card and folders."""
    services: Services
    with context.obj() as services:
        diagnosis = diagnose(services)
    if as_json:
        print_json(diagnosis)
    else:
        _print_diagnosis(diagnosis)
    for problem in diagnosis.problems:
        print_error(problem)
    raise typer.Exit(1 if diagnosis.problems else 0)


def bench(
    context: typer.Context,
    model: Annotated[Path | None, typer.Option(help="GGUF file to measure.")] = None,
    n_ctx: NCtx = None,
    rope: Rope = None,
    kv_type: KvTypeOption = None,
    n_gpu_layers: NGpuLayers = None,
    runs: Annotated[int, typer.Option(min=1, max=100, help="Runs; the medians are shown.")] = 3,
    as_json: AsJson = False,
) -> None:
    """Measure how fast a model is on this computer."""
    services: Services
    with context.obj() as services:
        options = {**model_options(model), **context_options(n_ctx, rope, kv_type, n_gpu_layers)}
        settings = overridden(services.settings.load(), options)
        with notes.status("Loading the model") as status:
            result = run_benchmark(
                services.engine, services.library, settings, runs, lambda run: status.update(f"Run {run} of {runs}")
            )
    if as_json:
        print_json(result)
    else:
        _print_benchmark(result)


def _print_diagnosis(diagnosis: Diagnosis) -> None:
    for name, version in diagnosis.versions.items():
        output.print(f"{name:<18} {version}")
    output.print(f"{'llama.cpp':<18} {diagnosis.llama_cpp or 'does not start'}")
    output.print(f"{'processor':<18} {' '.join(diagnosis.cpu_features)}")
    for device in diagnosis.devices:
        free = f"{gibibytes(device.free_bytes)} of {gibibytes(device.total_bytes)} free"
        output.print(f"{'device ' + device.name:<18} {harmless(device.description)} ({device.kind}), {free}")
    output.print(f"{'graphics card':<18} {'can be used' if diagnosis.gpu_offload else 'not used by this build'}")
    free = gibibytes(diagnosis.memory_available_bytes)
    output.print(f"{'memory':<18} {free} of {gibibytes(diagnosis.memory_total_bytes)} free")
    for name, folder in diagnosis.folders.items():
        output.print(f"{name:<18} {folder}")
    output.print(f"{'starter model':<18} {diagnosis.starter_model or 'not installed'}")
    output.print(f"{'database check':<18} {diagnosis.database}")


def _print_benchmark(result: BenchmarkResult) -> None:
    output.print(f"{harmless(result.model)}, context {result.n_ctx} tokens, median of {result.runs} runs")
    output.print(f"reading      {result.prompt_tokens_per_s:8.1f} tokens/s ({result.prompt_tokens} tokens)")
    output.print(f"writing      {result.decode_tokens_per_s:8.1f} tokens/s")
    output.print(f"first token  {result.first_token_s:8.2f} s")
    output.print(f"load         {result.load_s:8.2f} s")
    output.print(f"memory       {gibibytes(result.memory_bytes):>8}")
