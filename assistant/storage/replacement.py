"""Writing a file so that a crash leaves the old one or the new one, never a part.

Process: any. Thread rule: any; of two writers at once the last one wins.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def replace_file(path: Path, data: bytes) -> None:
    """Put a file in the place of what is at `path`, mode 0600; the data is on the disk before it is there.

    Raises:
        OSError: It cannot be written; the old one is still there, and nothing else.
    """
    # mkstemp creates with mode 0600.
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.", suffix=".new")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
