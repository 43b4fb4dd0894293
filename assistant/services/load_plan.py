"""How a model is loaded: context length, layers on the graphics card and threads, for the memory that is free now.

Process: app. Thread rule: pure, but `plan_load` and `usable_cores` ask the system.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable

import psutil

from assistant.core.context_plan import ALL_LAYERS, choose_n_ctx, layers_that_fit, needs_flash_attention
from assistant.core.model_facts import ModelFacts
from assistant.core.settings import ModelSettings
from assistant.protocol.engine_messages import Device, LoadModel, SnapshotOptions
from assistant.services.chosen_model import ChosenModel


def plan_load(
    settings: ModelSettings, chosen: ChosenModel, card_bytes: int, snapshots: SnapshotOptions | None
) -> LoadModel:
    """The request with which the engine loads a model; its `request_id` is empty.

    Args:
        settings: What the person fixed; the rest is chosen here.
        chosen: The model.
        card_bytes: Free memory of the graphics cards that may be used, as `free_card_bytes` says.
        snapshots: What the engine may keep on disk.

    Raises:
        NotEnoughMemory: Not even a small context fits.
    """
    available_bytes = int(psutil.virtual_memory().available) + card_bytes
    if chosen.projector_facts is not None:
        available_bytes -= chosen.projector_facts.tensor_bytes
    n_ctx = choose_n_ctx(chosen.facts, settings.n_ctx, available_bytes)
    return LoadModel(
        request_id="",
        path=str(chosen.path),
        n_ctx=n_ctx,
        n_gpu_layers=_gpu_layers(settings, chosen.facts, n_ctx, card_bytes),
        n_threads=settings.n_threads or usable_cores(),
        mmproj=str(chosen.projector) if chosen.projector_facts is not None else "",
        flash_attention=needs_flash_attention(chosen.facts, n_ctx, available_bytes),
        snapshots=snapshots,
    )


def free_card_bytes(devices: Iterable[Device]) -> int:
    """Free memory of graphics cards that have their own; Apple's and integrated ones share the computer's."""
    own_memory = [device for device in devices if device.kind == "gpu" and platform.system() != "Darwin"]
    return sum(device.free_bytes for device in own_memory)


def usable_cores() -> int:
    """Physical cores that this process may use; more threads than that slow llama.cpp down."""
    physical = psutil.cpu_count(logical=False) or 1
    if hasattr(os, "sched_getaffinity"):
        return max(1, min(physical, len(os.sched_getaffinity(0))))
    return physical


def _gpu_layers(settings: ModelSettings, facts: ModelFacts, n_ctx: int, card_bytes: int) -> int:
    """Layers to place on the graphics card; those that do not fit stay with the processor."""
    if settings.n_gpu_layers != ALL_LAYERS or card_bytes == 0:
        return settings.n_gpu_layers
    return layers_that_fit(facts, n_ctx, card_bytes)
