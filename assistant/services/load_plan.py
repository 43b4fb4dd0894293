"""How a model is loaded: context length, layers on the graphics card and threads, for the memory that is free now.

Process: app. Thread rule: pure, but `plan_load` and `usable_cores` ask the system.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterable

import psutil

from assistant.core.context_plan import ContextPlan, ContextWish, FreeMemory, plan_context
from assistant.core.memory_estimate import KvType
from assistant.core.rope import RopeMethod
from assistant.core.settings import ModelSettings
from assistant.protocol.engine_messages import Device, LoadModel, SnapshotOptions
from assistant.services.chosen_model import ChosenModel


def plan_load(
    settings: ModelSettings,
    chosen: ChosenModel,
    card_bytes: int,
    snapshots: SnapshotOptions | None,
    measured: Callable[[int, KvType], RopeMethod | None] = lambda n_ctx, kv_type: None,
) -> tuple[LoadModel, ContextPlan]:
    """The request with which the engine loads a model, its `request_id` empty, and the plan behind it.

    Args:
        settings: What the person fixed; the rest is chosen here.
        chosen: The model.
        card_bytes: Free memory of the graphics cards that may be used, as `free_card_bytes` says.
        snapshots: What the engine may keep on disk.
        measured: As `plan_context`.

    Raises:
        NotEnoughMemory: Not even a small context fits.
    """
    free = free_memory(card_bytes)
    wish = context_wish(settings)
    plan = plan_context(chosen.facts, wish, free, projector_bytes=chosen.projector_bytes, measured=measured)
    request = LoadModel(
        request_id="",
        path=str(chosen.path),
        n_ctx=plan.n_ctx,
        n_gpu_layers=plan.n_gpu_layers,
        n_threads=settings.n_threads or usable_cores(),
        mmproj=str(chosen.projector) if chosen.projector_facts is not None else "",
        rope=plan.rope,
        kv_type=plan.kv_type,
        flash_attention=plan.flash_attention,
        snapshots=snapshots,
    )
    return request, plan


def free_memory(card_bytes: int) -> FreeMemory:
    """What is free now, beside `card_bytes` of graphics cards."""
    return FreeMemory(main_bytes=int(psutil.virtual_memory().available), card_bytes=card_bytes)


def context_wish(settings: ModelSettings) -> ContextWish:
    """What the settings fix of the context."""
    return ContextWish(
        n_ctx=settings.n_ctx,
        rope=None if settings.rope == "auto" else RopeMethod(settings.rope),
        kv_type=KvType(settings.kv_type),
        n_gpu_layers=settings.n_gpu_layers,
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
