"""How long the GUI thread is busy between two waits, and what the process pays for it.

Qt's event loop here is GLib's: everything that it does lies between two calls of the poll function, which is replaced
by one that reads two clocks. Polls that do not wait are part of the same stretch of work.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import os
import time
from collections.abc import Callable
from typing import NamedTuple

_PollFunction = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int)


class Handling(NamedTuple):
    """One stretch of work of the GUI thread.

    Attributes:
        wall_s: Time until the thread waited again; another program on its core counts too.
        cpu_s: Processor time of this thread in it.
        drew: Whether a frame was drawn in it.
    """

    wall_s: float
    cpu_s: float
    drew: bool


class GuiProbe:
    """Records every stretch of work of the thread that runs Qt's event loop; made on that thread."""

    def __init__(self) -> None:
        name = ctypes.util.find_library("glib-2.0")
        assert name is not None, "Qt's event loop here is not GLib's"
        self._glib = ctypes.CDLL(name)
        self._glib.g_poll.argtypes = (ctypes.c_void_p, ctypes.c_uint, ctypes.c_int)
        self._callback = _PollFunction(self._poll)
        self._handlings: list[Handling] = []
        self._drew = False
        self._woken = (time.perf_counter(), time.thread_time())
        self._glib.g_main_context_set_poll_func(None, self._callback)

    def take(self) -> list[Handling]:
        """What was recorded since the last call."""
        taken, self._handlings = self._handlings, []
        return taken

    def mark_frame(self) -> None:
        """To be called when a frame is drawn."""
        self._drew = True

    def _poll(self, descriptors: int, count: int, timeout_ms: int) -> int:
        if timeout_ms == 0:
            return int(self._glib.g_poll(descriptors, count, 0))
        wall, cpu = self._woken
        self._handlings.append(Handling(time.perf_counter() - wall, time.thread_time() - cpu, self._drew))
        self._drew = False
        n_ready = int(self._glib.g_poll(descriptors, count, timeout_ms))
        self._woken = (time.perf_counter(), time.thread_time())
        return n_ready


class CostMeter:
    """Processor time of the process beside the number of tokens, sampled while they come.

    Args:
        n_tokens: Tokens until now.
    """

    def __init__(self, n_tokens: Callable[[], int]) -> None:
        self._n_tokens = n_tokens
        self._samples: list[tuple[int, float, float, float]] = []

    def sample(self) -> None:
        self._samples.append((self._n_tokens(), time.perf_counter(), time.process_time(), time.thread_time()))

    def report(self) -> dict[str, float]:
        """Shares of one core, and processor time a token in the first and the last fifth."""
        (n_first, wall_first, all_first, gui_first), *_, (n_last, wall_last, all_last, gui_last) = self._samples
        fifth = (n_last - n_first) / 5
        costs = [self._cost(n_first + part * fifth, n_first + (part + 1) * fifth) for part in range(5)]
        return {
            "tokens": n_last - n_first,
            "seconds": wall_last - wall_first,
            "core_share": (all_last - all_first) / (wall_last - wall_first),
            "gui_thread_share": (gui_last - gui_first) / (wall_last - wall_first),
            "first_fifth_us": costs[0] * 1e6,
            "last_fifth_us": costs[-1] * 1e6,
            "last_to_first": costs[-1] / costs[0],
        }

    def _cost(self, start: float, end: float) -> float:
        return (self._cpu_at(end) - self._cpu_at(start)) / (end - start)

    def _cpu_at(self, n_tokens: float) -> float:
        for (n_before, _, cpu_before, _), (n_after, _, cpu_after, _) in zip(
            self._samples, self._samples[1:], strict=False
        ):
            if n_before <= n_tokens <= n_after and n_after > n_before:
                return cpu_before + (cpu_after - cpu_before) * (n_tokens - n_before) / (n_after - n_before)
        return self._samples[-1][2]


def percentiles_ms(handlings: list[Handling]) -> dict[str, float]:
    """Percentiles of both clocks in milliseconds, of all stretches of work; p99 besides of those that drew a frame."""
    result: dict[str, float] = {"handlings": len(handlings)}
    frames = sorted(each.wall_s * 1000 for each in handlings if each.drew)
    if frames:
        result |= {"frames": len(frames), "p99 frame": frames[min(len(frames) - 1, int(0.99 * len(frames)))]}
    for clock in ("wall_s", "cpu_s"):
        values = sorted(getattr(each, clock) * 1000 for each in handlings)
        for name, share in (("p50", 0.50), ("p95", 0.95), ("p99", 0.99), ("max", 1.0)):
            result[f"{name} {clock.removesuffix('_s')}"] = values[min(len(values) - 1, int(share * len(values)))]
        result[f"over 16 ms {clock.removesuffix('_s')}"] = sum(value > 16 for value in values)
    return result


def load_average() -> float:
    """Of the last minute."""
    return os.getloadavg()[0]
