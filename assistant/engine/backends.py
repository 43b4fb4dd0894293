"""llama.cpp's own start, and what it can compute on.

Process: engine worker. Thread: the scheduler's only.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable
from typing import Any, cast

import llama_cpp
import llama_cpp.llama_cpp as llama

from assistant.protocol.engine_messages import PROTOCOL_VERSION, BackendsDescribed, Device, Hello

_KINDS = ("cpu", "gpu", "integrated gpu", "accelerator", "meta")
"""Order of ``enum ggml_backend_dev_type`` in ggml-backend.h."""

if sys.platform == "win32":
    from llama_cpp._ggml import libggml as _ggml
else:
    # A library's handle finds what its own dependencies define. `llama_cpp._ggml` opens another file with the same
    # content: a second registry of backends, of which libllama knows nothing.
    _ggml = llama._lib


def hello() -> Hello:
    """First message of the worker."""
    return Hello(
        protocol_version=PROTOCOL_VERSION,
        llama_cpp_python=llama_cpp.__version__,
        llama_cpp=llama.llama_version().decode(),
    )


def start_backends() -> None:
    """Initialise llama.cpp; its log goes to standard error, which the app collects.

    A build with loadable backends (``GGML_BACKEND_DL``) gets the best ones for this machine.

    Raises:
        RuntimeError: No backend can be loaded; the installation is incomplete.
    """
    n_backends = _function("ggml_backend_reg_count", ctypes.c_size_t)
    if not n_backends():
        # Left to itself llama.cpp looks for libraries in the current directory, where anyone may have put one.
        _function("ggml_backend_load_all_from_path", None, ctypes.c_char_p)(os.fsencode(llama._base_path))
    if not n_backends():
        raise RuntimeError(f"no backend of llama.cpp in {llama._base_path}")
    llama.llama_backend_init()


def describe_backends(request_id: str) -> BackendsDescribed:
    """CPU features in use, and the devices with their free memory."""
    return BackendsDescribed(
        request_id=request_id,
        cpu_features=_cpu_features(),
        devices=tuple(_device(index) for index in range(_function("ggml_backend_dev_count", ctypes.c_size_t)())),
        gpu_offload=bool(llama.llama_supports_gpu_offload()),
    )


def _cpu_features() -> tuple[str, ...]:
    # llama_print_system_info: "CPU : SSE3 = 1 | AVX = 1 | ...", one group a backend
    words = llama.llama_print_system_info().decode().replace(":", "|").split("|")
    return tuple(word.split("=")[0].strip() for word in words if word.strip().endswith("= 1"))


def _device(index: int) -> Device:
    device = _function("ggml_backend_dev_get", ctypes.c_void_p, ctypes.c_size_t)(index)
    free, total = ctypes.c_size_t(), ctypes.c_size_t()
    size_pointer = ctypes.POINTER(ctypes.c_size_t)
    _function("ggml_backend_dev_memory", None, ctypes.c_void_p, size_pointer, size_pointer)(
        device, ctypes.byref(free), ctypes.byref(total)
    )
    kind = _function("ggml_backend_dev_type", ctypes.c_int, ctypes.c_void_p)(device)
    name = _function("ggml_backend_dev_name", ctypes.c_char_p, ctypes.c_void_p)(device)
    description = _function("ggml_backend_dev_description", ctypes.c_char_p, ctypes.c_void_p)(device)
    return Device(
        name=name.decode(),
        description=description.decode(),
        kind=_KINDS[kind],
        free_bytes=free.value,
        total_bytes=total.value,
    )


def _function(name: str, result: type | None, *arguments: type) -> Callable[..., Any]:
    # The bindings do not declare the device functions of libggml.
    function: Any = _ggml[name]
    function.restype = result
    function.argtypes = list(arguments)
    return cast(Callable[..., Any], function)
