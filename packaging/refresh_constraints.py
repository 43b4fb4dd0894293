"""Writes `constraints.txt` anew: the newest versions that `pyproject.toml` allows, of all extras together.

Process: a developer's, by `make constraints`. Nothing is installed or compiled: pip only resolves.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CONSTRAINTS = ROOT / "packaging" / "constraints.txt"
HEADER = "# Exact versions of everything, for all extras. Written by `make constraints`; not edited by hand.\n"


def main() -> None:
    """Resolve and write."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = ",".join(sorted(project["optional-dependencies"]))
    command = [
        *(sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--quiet"),
        *("--report", "-", f"{ROOT}[{extras}]"),
    ]
    report = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
    CONSTRAINTS.write_text(HEADER + "".join(pins(report, without=project["name"])))


def pins(report: dict[str, list[dict[str, dict[str, str]]]], without: str) -> list[str]:
    """One line a package of pip's installation report, sorted, `without` the project itself.

    Names are normalized as in PEP 503. The local part of a version (``+cpu``) is dropped: it names a build
    that other machines' indexes may not have.
    """
    versions = {
        re.sub(r"[-_.]+", "-", item["metadata"]["name"]).lower(): item["metadata"]["version"].partition("+")[0]
        for item in report["install"]
    }
    return [f"{name}=={version}\n" for name, version in sorted(versions.items()) if name != without]


if __name__ == "__main__":
    main()
