"""Start of every Famulus process: the words on the command line decide what is imported."""

from __future__ import annotations

import sys


def main() -> int:
    """Run what the command line asks for; returns the exit code."""
    arguments = sys.argv[1:]
    if arguments[:1] == ["--worker"]:
        return _run_worker(arguments[1:])
    if arguments == ["--version"]:
        from assistant import __version__

        try:
            print(f"famulus {__version__}", flush=True)
        except OSError:  # a full disk, a closed pipe
            return 1
        return 0
    try:
        from assistant.bootstrap import build_services
        from assistant.cli.main import run

        return run(arguments, build_services)
    except KeyboardInterrupt:  # while modules are being imported
        return 130


def main_windowed() -> int:
    """Start of ``famulus-gui``: the window is not part of this version."""
    print("famulus: this version has no window yet; `famulus chat` talks in the terminal.", file=sys.stderr)
    return 1


def _run_worker(arguments: list[str]) -> int:
    match arguments:
        case ["engine"]:
            from assistant.engine.worker import main as serve
        case ["template"]:
            from assistant.engine.template_worker import main as serve
        case _:
            print("famulus: --worker is for Famulus itself", file=sys.stderr)
            return 2
    serve()
    return 0


if __name__ == "__main__":
    sys.exit(main())
