"""Packs the bundle of `bundle.py` as ``dist/famulus_VERSION_amd64.deb``.

Process: the packager's, in `.venv` with the extras ``desktop``, ``starter`` and ``package``, on Debian or Ubuntu:
``dpkg-shlibdeps`` finds out which packages the bundle depends on.
"""

from __future__ import annotations

import gzip
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from assistant import __version__

ROOT = Path(__file__).resolve().parents[2]
HERE = ROOT / "packaging" / "linux"
BUNDLE = ROOT / "dist" / "famulus"
WORK = ROOT / "build" / "deb"
TREE = WORK / "tree"
APP_ID = "io.github.famulus.Famulus"
REVISION = "1"
PROGRAMS = ("famulus", "famulus-gui")
_NAME = re.compile(r"[A-Za-z0-9._-]+")
_LICENCE_FILE = re.compile(r"licen[cs]e|copying|notice", re.IGNORECASE)


class BuildFailed(Exception):
    """The package could not be built; the message is for the person."""


def main() -> int:
    """Build; returns the exit status."""
    try:
        package = build()
    except BuildFailed as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{package}: {package.stat().st_size / 1e6:.1f} MB")
    return 0


def build() -> Path:
    """Lay out the tree, find the dependencies, pack; returns the package.

    Raises:
        BuildFailed: A library is missing, or nfpm has failed.
    """
    changed = last_change()
    shutil.rmtree(WORK, ignore_errors=True)
    lay_out_program()
    lay_out_desktop_files(__version__, changed)
    lay_out_documents(__version__, changed)
    set_modes(TREE, changed)
    package = ROOT / "dist" / f"famulus_{__version__}-{REVISION}_amd64.deb"
    write_config(WORK / "nfpm.yaml", dependencies())
    packed = subprocess.run(
        [
            *(Path(sysconfig.get_path("scripts")) / "nfpm", "package", "--packager", "deb"),
            *("--config", WORK / "nfpm.yaml", "--target", package),
        ],
        env=os.environ
        | {"VERSION": __version__, "REVISION": REVISION, "TREE": str(TREE)}
        | {"SOURCE_DATE_EPOCH": str(int(changed.timestamp()))},
        check=False,
    )
    if packed.returncode != 0:
        raise BuildFailed(f"nfpm could not pack {TREE}.")
    return package


def last_change() -> datetime:
    """When the source was changed last: the time of every file in the package, so that a build can be repeated."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if not epoch:
        command = ["git", "-C", str(ROOT), "log", "-1", "--format=%ct"]
        found = subprocess.run(command, capture_output=True, text=True, check=False)
        epoch = found.stdout.strip() or str(int((ROOT / "pyproject.toml").stat().st_mtime))
    return datetime.fromtimestamp(int(epoch), UTC)


def lay_out_program() -> None:
    """The bundle, and its executables on the search path."""
    shutil.copytree(BUNDLE, TREE / "usr/lib/famulus", symlinks=True)
    (TREE / "usr/bin").mkdir(parents=True)
    for program in PROGRAMS:
        (TREE / "usr/bin" / program).symlink_to(f"../lib/famulus/{program}")


def lay_out_desktop_files(version: str, changed: datetime) -> None:
    """Desktop entry, AppStream data, icons."""
    share = TREE / "usr/share"
    put(share / "applications" / f"{APP_ID}.desktop", (HERE / f"{APP_ID}.desktop").read_text())
    metainfo = filled(HERE / f"{APP_ID}.metainfo.xml", version, changed)
    put(share / "metainfo" / f"{APP_ID}.metainfo.xml", metainfo)
    icons = share / "icons/hicolor"
    subprocess.run([sys.executable, HERE / "render_icons.py", icons, APP_ID], check=True)
    drawings = ROOT / "resources" / "icons"
    put(icons / "scalable/apps" / f"{APP_ID}.svg", (drawings / "famulus.svg").read_text())
    put(icons / "symbolic/apps" / f"{APP_ID}-symbolic.svg", (drawings / "famulus-symbolic.svg").read_text())


def lay_out_documents(version: str, changed: datetime) -> None:
    """Manual pages, changelogs, licences, overrides for lintian."""
    share = TREE / "usr/share"
    for program in PROGRAMS:
        put_compressed(share / "man/man1" / f"{program}.1.gz", filled(HERE / f"{program}.1", version, changed))
    documents = share / "doc/famulus"
    put_compressed(documents / "changelog.gz", (ROOT / "CHANGELOG.md").read_text())
    entry = (
        f"famulus ({version}-{REVISION}) unstable; urgency=medium\n\n"
        "  * What is new in this version is told in changelog.gz.\n\n"
        f" -- {maintainer()}  {changed:%a, %d %b %Y %H:%M:%S +0000}\n"
    )
    put_compressed(documents / "changelog.Debian.gz", entry)
    put(documents / "copyright", (HERE / "copyright").read_text())
    for name, text in licences():
        put(documents / "licenses" / name, text)
    put(share / "lintian/overrides/famulus", (HERE / "famulus.lintian-overrides").read_text())


def maintainer() -> str:
    """Name and address, as nfpm.yaml has them."""
    return (HERE / "nfpm.yaml").read_text().partition("maintainer: ")[2].partition("\n")[0]


def filled(template: Path, version: str, changed: datetime) -> str:
    """The text of `template` with its version and date."""
    return template.read_text().replace("@VERSION@", version).replace("@DATE@", f"{changed:%Y-%m-%d}")


def put(target: Path, text: str) -> None:
    """Write `text` to the file `target`, with its folders."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text)


def put_compressed(target: Path, text: str) -> None:
    """As `put`, compressed; the same text gives the same bytes."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(gzip.compress(text.encode(), 9, mtime=0))


def licences() -> Iterator[tuple[str, str]]:
    """Path and text of every licence file of Python and of the packages that the app requires, indirectly too."""
    yield "python/LICENSE.txt", (Path(sysconfig.get_path("stdlib")) / "LICENSE.txt").read_text()
    for name in sorted(required_packages("famulus", ("desktop",))):
        for file in metadata.files(name) or ():
            if ".dist-info" in file.parts[0] and _LICENCE_FILE.search(file.name):
                # The same name may be there several times, in folders of parts that the package took over.
                unique = "_".join(file.parts[1:]).removeprefix("licenses_")
                yield f"{name}/{unique}", Path(str(file.locate())).read_text(errors="replace")


def required_packages(name: str, extras: tuple[str, ...] = ()) -> set[str]:
    """Names of the installed packages that the package `name` requires, indirectly too."""
    found: set[str] = set()
    for requirement in metadata.requires(name) or ():
        specification, _, marker = requirement.partition(";")
        match = _NAME.match(specification)
        wanted = "extra" not in marker or any(f"'{extra}'" in marker.replace('"', "'") for extra in extras)
        if match and wanted and is_installed(match[0].lower()):
            found |= {match[0].lower()} | required_packages(match[0])
    return found


def is_installed(name: str) -> bool:
    """Whether there is a package of that name; those for other systems are not."""
    try:
        metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def set_modes(tree: Path, changed: datetime) -> None:
    """Folders and programs may be entered and run by everyone, the rest may be read; all are from `changed`."""
    for path in [tree, *tree.rglob("*")]:
        if not path.is_symlink():
            program = path.parent == tree / "usr/lib/famulus" and path.name in PROGRAMS
            path.chmod(0o755 if path.is_dir() or program else 0o644)
        os.utime(path, (changed.timestamp(), changed.timestamp()), follow_symlinks=False)


def dependencies() -> list[str]:
    """Packages with the libraries that the bundle uses and does not hold, with the versions that it needs.

    Raises:
        BuildFailed: A library is neither in the bundle nor on this machine.
    """
    bundle = TREE / "usr/lib/famulus"
    files = [path for path in bundle.rglob("*") if path.is_file() and not path.is_symlink() and is_elf(path)]
    put(WORK / "debian/control", "Source: famulus\n\nPackage: famulus\nArchitecture: amd64\n")
    folders = sorted({f"-l{path.parent}" for path in files})
    command = ["dpkg-shlibdeps", "-O", "--ignore-missing-info", *folders, *[f"-e{path}" for path in files]]
    found = subprocess.run(command, cwd=WORK, check=False, capture_output=True, text=True)
    if found.returncode != 0:
        errors = [line for line in found.stderr.splitlines() if "error:" in line]
        raise BuildFailed("\n".join(errors or [found.stderr]))
    return [name.strip() for name in found.stdout.partition("shlibs:Depends=")[2].split(",")]


def is_elf(path: Path) -> bool:
    """Whether the file at `path` is a program or a library."""
    with path.open("rb") as file:
        return file.read(4) == b"\x7fELF"


def write_config(target: Path, depends: list[str]) -> None:
    """Write the configuration of nfpm: ours, with the dependencies found."""
    lines = "".join(f"  - {package}\n" for package in depends)
    put(target, f"{(HERE / 'nfpm.yaml').read_text()}depends:\n{lines}")


if __name__ == "__main__":
    sys.exit(main())
