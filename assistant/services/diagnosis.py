"""What a person or a helper needs to know when something does not work.

Process: app. Thread: blocks its caller while the engine starts.
"""

from __future__ import annotations

import platform
import sys
from importlib import metadata

import msgspec
import psutil

from assistant import __version__
from assistant.core.errors import DatabaseFailed, ErrorInfo, FamulusError
from assistant.hub.starter_model import find_starter_model
from assistant.protocol.engine_messages import BackendsDescribed, Device
from assistant.services.services import Services
from assistant.storage.database import SQLITE_VERSION

_LIBRARIES = ("llama-cpp-python", "jinja2", "msgspec", "pillow", "prompt-toolkit", "rich", "typer")


class Diagnosis(msgspec.Struct, frozen=True, kw_only=True):
    """The state of this installation.

    Attributes:
        versions: Famulus, Python, system and libraries.
        llama_cpp: Version of llama.cpp; empty if the engine does not start.
        cpu_features: Instruction sets that llama.cpp uses.
        devices: What llama.cpp can compute on.
        gpu_offload: Whether this build of llama.cpp can use a graphics card.
        memory_total_bytes: Memory of the machine.
        memory_available_bytes: Memory that is free now.
        folders: Where things are kept.
        starter_model: Path of the starter model; empty if it is not installed.
        database: ``ok``, or what SQLite found; empty if it cannot be read.
        problems: What does not work; empty if all is well.
    """

    versions: dict[str, str]
    llama_cpp: str
    cpu_features: tuple[str, ...]
    devices: tuple[Device, ...]
    gpu_offload: bool
    memory_total_bytes: int
    memory_available_bytes: int
    folders: dict[str, str]
    starter_model: str
    database: str
    problems: tuple[ErrorInfo, ...]


def diagnose(services: Services) -> Diagnosis:
    """Look at everything; what fails becomes a problem, never an exception."""
    problems: list[ErrorInfo] = []
    llama_cpp = ""
    backends = BackendsDescribed(request_id="", cpu_features=(), devices=(), gpu_offload=False)
    try:
        llama_cpp = services.engine.hello().llama_cpp
        backends = services.engine.describe_backends()
    except FamulusError as error:
        problems.append(error.info)
    database = ""
    try:
        database = services.database.check()
    except FamulusError as error:
        problems.append(error.info)
    if database not in ("", "ok"):
        problems.append(DatabaseFailed("The database is damaged: {finding}", finding=database).info)
    try:
        services.settings.load()
    except FamulusError as error:
        problems.append(error.info)
    starter = find_starter_model()
    memory = psutil.virtual_memory()
    return Diagnosis(
        versions=_versions(),
        llama_cpp=llama_cpp,
        cpu_features=backends.cpu_features,
        devices=backends.devices,
        gpu_offload=backends.gpu_offload,
        memory_total_bytes=memory.total,
        memory_available_bytes=memory.available,
        folders={
            "data": str(services.paths.home),
            "database": str(services.paths.database),
            "settings": str(services.paths.settings),
            "attachments": str(services.paths.attachments),
            "snapshots": str(services.paths.snapshots),
            "logs": str(services.paths.logs),
        },
        starter_model=str(starter or ""),
        database=database,
        problems=tuple(problems),
    )


def _versions() -> dict[str, str]:
    versions = {
        "famulus": __version__,
        "python": sys.version.split()[0],
        "system": platform.platform(),
        "sqlite": SQLITE_VERSION,
    }
    for name in _LIBRARIES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            versions[name] = "missing"
    return versions
