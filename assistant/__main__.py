"""Start of every Famulus process: the words on the command line decide what is imported."""

from __future__ import annotations

import sys

_WINDOW_REMEDY = 'From source it needs the extra: pip install "famulus[desktop]". `famulus chat` talks in the terminal.'


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
    if arguments in (["--quick"], ["--toggle"]):
        return _reach_window(arguments)
    try:
        from assistant.bootstrap import build_services
        from assistant.cli.main import run

        return run(arguments, build_services)
    except KeyboardInterrupt:  # while modules are being imported
        return 130


def main_windowed() -> int:
    """Start of ``famulus-gui``: open the window, or reach the one that is open; returns the exit code."""
    from assistant.core.window_command import WindowCommand, parse

    command = parse(sys.argv[1:])
    if command is None:
        options = ", ".join(each.option for each in WindowCommand)
        print(f"famulus-gui: it takes no arguments, or one of {options}", file=sys.stderr)
        return 2
    # Before Qt: PySide replaces Python's import by a slower one.
    from assistant.bootstrap import build_services
    from assistant.storage.data_folder import data_folder

    try:
        from assistant.gui.application import run
    except ImportError as error:
        print(f"famulus-gui: the window cannot start: {error}\n{_WINDOW_REMEDY}", file=sys.stderr)
        return 1
    return run(build_services, data_folder(), command)


def _reach_window(arguments: list[str]) -> int:
    """Ask the window that is open for quick chat, or start it; loads neither Qt nor the services."""
    from assistant.core.window_command import parse
    from assistant.gui.running_window import WindowRequest, deliver
    from assistant.gui.window_program import start_detached
    from assistant.storage.data_folder import data_folder

    command = parse(arguments)
    assert command is not None
    if deliver(data_folder(), WindowRequest.from_start(command)):
        return 0
    try:
        start_detached(command)
    except OSError as error:
        print(f"famulus: the window cannot start: {error.strerror}\n{_WINDOW_REMEDY}", file=sys.stderr)
        return 1
    return 0


def _run_worker(arguments: list[str]) -> int:
    match arguments:
        case ["converter"]:
            from assistant.converter.worker import main as serve
        case ["engine"]:
            from assistant.engine.worker import main as serve
        case ["image"]:
            from assistant.images.worker import main as serve
        case ["template"]:
            from assistant.engine.template_worker import main as serve
        case _:
            print("famulus: --worker is for Famulus itself", file=sys.stderr)
            return 2
    serve()
    return 0


if __name__ == "__main__":
    sys.exit(main())
