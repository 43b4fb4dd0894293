"""Brings `resources/i18n` up to date with the words of the interface: the work of `make translations`.

Process: a developer's. Qt's lupdate collects what QML and `assistant/gui` show; the sentences of errors and the words
of settings, which stand on lower floors, are collected here and handed to it as a file of their own.
"""

from __future__ import annotations

import ast
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from assistant.core.errors import FamulusError, note
from assistant.core.settings import describe

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "assistant"
I18N = ROOT / "resources" / "i18n"
LANGUAGES = ("en", "zh_CN")
"""English, the language of the source, has only its plurals there."""
LUPDATE = Path(sys.executable).with_name("pyside6-lupdate")
LRELEASE = Path(sys.executable).with_name("pyside6-lrelease")


def main() -> int:
    """Update and compile all translations; returns the exit status."""
    I18N.mkdir(exist_ok=True)
    for language in LANGUAGES:
        source = I18N / f"famulus_{language}.ts"
        update(source)
        compile_translation(source, source.with_suffix(".qm"))
        missing = source.read_text(encoding="utf-8").count('type="unfinished"')
        print(f"{source.name}: {missing} sentences without a translation" if missing else f"{source.name}: complete")
    return 0


def update(source: Path) -> None:
    """Merge all words into a ``.ts`` file, created if missing; translations that have no use any more are dropped."""
    sources = [*sorted((ROOT / "resources" / "qml").rglob("*.qml")), *sorted((PACKAGE / "gui").rglob("*.py"))]
    with tempfile.TemporaryDirectory() as folder:
        lower_floors = Path(folder) / "lower_floors.py"
        lower_floors.write_text(_as_calls({"errors": error_sentences(), "settings": setting_words()}), encoding="utf-8")
        language = source.stem.removeprefix("famulus_")
        command = [str(LUPDATE), *map(str, sources), str(lower_floors), "-no-obsolete", "-locations", "none"]
        if language == "en":
            command.append("-pluralonly")
        command += ["-source-language", "en", "-target-language", language, "-ts", str(source)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def compile_translation(source: Path, target: Path) -> None:
    """Compile a ``.ts`` file into the ``.qm`` file that the app loads."""
    subprocess.run([str(LRELEASE), "-silent", str(source), "-qm", str(target)], check=True)


def error_sentences() -> list[str]:
    """Every template of a sentence or a remedy that a `FamulusError` may carry, sorted."""
    found: set[str] = set()
    for path in PACKAGE.rglob("*.py"):
        room, *folders = path.relative_to(PACKAGE).parts
        module = ast.parse(path.read_text(encoding="utf-8"))
        if room != "cli":  # the terminal speaks English
            found.update(_raised(module))
        if room in ("hub", "services", "storage") or "hotkey" in folders or path.stem == "context_plan":
            found.update(_kept(module))
    return sorted(found)


def setting_words() -> list[str]:
    """Titles, descriptions and choices of all settings, sorted."""
    words = {text for each in describe() for text in (each.title, each.description, each.unit, *each.choices)}
    return sorted(words - {""})


def _raised(module: ast.Module) -> Iterator[str]:
    makers = {*FamulusError.kinds(), note.__name__}
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in makers:
            arguments = [*node.args[:1], *(word.value for word in node.keywords if word.arg == "remedy")]
            for argument in arguments:
                yield from _constants(argument)


def _kept(module: ast.Module) -> Iterator[str]:
    """Sentences in tables, variables and arguments of helpers, from which errors take theirs."""
    for statement in ast.walk(module):
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            statement.value.value = None  # a docstring
    yield from (text for text in _constants(module) if text.endswith(".") and " " in text.strip() == text)


def _constants(node: ast.AST) -> Iterator[str]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Constant) and isinstance(inner.value, str) and inner.value:
            yield inner.value


def _as_calls(contexts: dict[str, list[str]]) -> str:
    calls = [
        f"QCoreApplication.translate({context!r}, {_literal(text)})"
        for context, texts in contexts.items()
        for text in texts
    ]
    return "\n".join(calls) + "\n"


def _literal(text: str) -> str:
    """The text as a literal that lupdate's Python reader understands: double quotes, no other escapes."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


if __name__ == "__main__":
    sys.exit(main())
