"""Where Famulus keeps things on this machine.

Process: any. Thread rule: immutable.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


def absolute(path: Path) -> Path:
    """The absolute path, with the home folder in place of a tilde; as it stands where there is no such person."""
    with suppress(RuntimeError):
        path = path.expanduser()
    return path.absolute()


@dataclass(frozen=True, slots=True)
class DataPaths:
    """The files and folders below one data folder.

    Attributes:
        home: The data folder itself, mode 0700.
    """

    home: Path

    @property
    def database(self) -> Path:
        """The SQLite database: the only truth."""
        return self.home / "famulus.db"

    @property
    def settings(self) -> Path:
        """Settings as TOML."""
        return self.home / "settings.toml"

    @property
    def logs(self) -> Path:
        """Rotating logs of the app and of every worker."""
        return self.home / "logs"

    @property
    def locks(self) -> Path:
        """One lock file a running process: held as long as it lives."""
        return self.home / "locks"

    @property
    def verified_files(self) -> Path:
        """Which model files had the right hash, so that it is computed once; may be deleted."""
        return self.home / "verified_files.json"

    @property
    def load_rungs(self) -> Path:
        """With what less models were loaded when memory ran out; may be deleted."""
        return self.home / "load_rungs.json"

    @property
    def drafts(self) -> Path:
        """What was typed in the window and not sent."""
        return self.home / "drafts.json"

    @property
    def context_checks(self) -> Path:
        """What context checks found: a JSON file and a picture for each model."""
        return self.home / "context-checks"

    @property
    def graphics(self) -> Path:
        """How the window was drawn last; may be deleted."""
        return self.home / "graphics"

    @property
    def input_history(self) -> Path:
        """Lines typed at the terminal's prompt."""
        return self.home / "input_history"

    @property
    def attachments(self) -> Path:
        """Pictures and sounds of messages, each named by its SHA-256."""
        return self.home / "attachments"

    @property
    def thumbnails(self) -> Path:
        """Small pictures of attachments; may be deleted."""
        return self.home / "thumbnails"

    @property
    def pixels(self) -> Path:
        """Attachments as the engine reads them; may be deleted."""
        return self.home / "pixels"

    @property
    def snapshots(self) -> Path:
        """What models had read of conversations; may be deleted."""
        return self.home / "snapshots"

    @property
    def snapshot_key(self) -> Path:
        """Secret that tells our own snapshots from foreign files; without it they are worthless."""
        return self.home / "snapshot_key"
