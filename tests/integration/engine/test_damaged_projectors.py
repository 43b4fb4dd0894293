"""Files that are no projectors, or contradict themselves, end in a sentence.

Some lies in a header make llama.cpp abort; `hub.projector_header` refuses these before the engine sees the file.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.tiny_projector import write_tiny_projector

LOAD_EACH = """
import sys
from pathlib import Path
from assistant.core.errors import FamulusError
from tests.integration.engine.other_models import write_mrope_model
from tests.integration.engine.raw_context import RawContext

for mmproj in sys.argv[2:]:
    try:
        RawContext(Path(sys.argv[1]), Path(mmproj)).close()
        print("loaded")
    except FamulusError as error:
        print(error.info.kind)
"""


def damaged(folder: Path) -> dict[str, Path]:
    """Files that are no projectors, or none of this model's kind, by what is wrong with them."""
    data = write_tiny_projector(folder / "good.gguf").read_bytes()
    contents = {f"ends after {n}": data[:n] for n in (0, 4, 24, 100, 1000, 3000, 20_000, len(data) - 4096)}
    contents["zeros"] = bytes(len(data))
    contents["another magic"] = b"\x89PNG" + data[4:]
    contents["another version"] = data[:4] + b"\x63" + data[5:]
    contents["no such tensor"] = data.replace(b"v.blk.0.attn_out.weight", b"v.blk.0.attn_out.we1ght")
    contents["no such key"] = data.replace(b"clip.vision.block_count", b"clip.vision.block_c0unt")
    contents["huge dimension"] = data.replace(b"mm.2.weight\x02\0\0\0", b"mm.2.weight\x02\0\0\0" + b"\xff" * 8)
    paths = {}
    for number, (name, content) in enumerate(contents.items()):
        paths[name] = folder / f"{number}.gguf"
        paths[name].write_bytes(content)
    headers: dict[str, dict[str, Any]] = {
        "unknown type": {"clip.projector_type": "xyz"},
        "no type": {"clip.projector_type": None},
        "neither sees nor hears": {"clip.has_vision_encoder": False},
        "more blocks than there are": {"clip.vision.block_count": 99},
        "no patches": {"clip.vision.patch_size": 0},
        "a picture without end": {"clip.vision.image_size": 1_000_000},
        "no mean": {"clip.vision.image_mean": None},
    }
    for number, (name, metadata) in enumerate(headers.items()):
        paths[name] = write_tiny_projector(folder / f"header{number}.gguf", metadata=metadata)
    return paths | {"missing": folder / "missing.gguf", "folder": folder}


def test_damaged_projectors_are_a_sentence(tiny_model: Path, tmp_path: Path) -> None:
    paths = damaged(tmp_path)
    assert len(paths) >= 20
    # In a process of its own: what is tested is that nothing in it aborts.
    run = subprocess.run(
        [sys.executable, "-c", LOAD_EACH, str(tiny_model), *map(str, [*paths.values(), tiny_model])],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert run.returncode == 0, run.stderr[-2000:]
    named = dict(zip([*paths, "a text model"], run.stdout.split(), strict=True))
    assert {name: kind for name, kind in named.items() if kind != "ProjectorDamaged"} == {}
