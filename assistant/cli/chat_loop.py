"""The conversation in the terminal: a line is a message, or a command when it begins with a slash.

Process: app. Thread: the main one.
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Callable, Iterator, Sequence

from assistant.cli.adapters import adapter_uses, typed_adapters
from assistant.cli.line_editor import LineEditor, PipedLines
from assistant.cli.listing import print_conversations, print_messages
from assistant.cli.overflow import OverflowCommands
from assistant.cli.picked_images import DROP, PickedImages
from assistant.cli.terminal import harmless, is_terminal, notes, on_interrupt, print_error, print_json
from assistant.cli.turn_view import TurnEnd, TurnRunner, TurnView, error_line
from assistant.core.adapter import AdapterUse, adapter_words
from assistant.core.conversation import Message, Role, Usage
from assistant.core.errors import FamulusError, InputInvalid, MessageNotFound
from assistant.core.events import TurnFailed
from assistant.core.overflow import OverflowPolicy
from assistant.core.settings import Settings
from assistant.services.load_ladder import rung_offered
from assistant.services.services import Services

_N_LISTED = 20

_Command = Callable[[str], None]


class ChatLoop:
    """Reads lines until the end of the input.

    Args:
        services: The services.
        settings: Settings of all turns.
        conversation_id: Conversation to go on with; None begins one with the first message.
        view: How turns are shown.
        as_json: Whether commands answer in JSON too.
        picked: Pictures that go with the first message.
        adapters: What a new conversation is answered with.
        overflow: What a new conversation does when it no longer fits; None for what the settings say.
    """

    def __init__(
        self,
        services: Services,
        settings: Settings,
        conversation_id: str | None,
        view: TurnView,
        *,
        as_json: bool,
        picked: PickedImages | None = None,
        adapters: Sequence[AdapterUse] | None = None,
        overflow: OverflowPolicy | None = None,
    ) -> None:
        self._services = services
        self._settings = settings
        self._conversation_id = conversation_id
        self._as_json = as_json
        self._picked = picked or PickedImages(services, settings)
        self._adapters = tuple(adapters or ())
        self._overflow = OverflowCommands(services, settings, as_json=as_json, chosen=overflow)
        self._runner = TurnRunner(services, view)
        self._last: Message | None = None
        self._failed = False
        self._commands: dict[str, tuple[_Command, str]] = {
            "/new": (self._new, "begin a new conversation"),
            "/list": (self._list, "list the latest conversations"),
            "/open": (self._open, "ID: go on with a conversation"),
            "/image": (self._image, f"FILE: add a picture to the next message; alone it lists them, {DROP} drops them"),
            "/adapter": (
                self._adapter,
                f"FILE[:SCALE] ...: answer with LoRA adapters; alone it lists them, {DROP} drops them",
            ),
            "/less": (self._less, "load the model with less memory, as the last error offered, and answer again"),
            "/full": (self._full, "load the model again as the settings say, after /less"),
            "/retry": (self._retry, "answer the last question again"),
            "/continue": (self._continue, "go on with an answer that was cut off"),
            "/edit": (self._edit, "TEXT: ask the last question with another text"),
            "/system": (self._system, "TEXT: show or set the system prompt"),
            "/overflow": (
                lambda word: self._overflow.overflow(self._conversation_id, word),
                f"{'|'.join(OverflowPolicy)}: what to do when the conversation no longer fits; alone it says so",
            ),
            "/pin": (
                lambda words: self._overflow.pin(self._conversation_id, words, pinned=True),
                "NUMBER: keep a question and its answer in the context; alone the last one",
            ),
            "/unpin": (
                lambda words: self._overflow.pin(self._conversation_id, words, pinned=False),
                "NUMBER: let it be left out again",
            ),
            "/pins": (lambda _: self._overflow.pins(self._conversation_id), "number the questions"),
            "/stats": (self._stats, "tokens and speed of the last answer"),
            "/help": (self._help, "this list"),
            "/quit": (lambda _: None, "end (also Ctrl+D)"),
        }
        interactive = is_terminal(sys.stdin) and not as_json
        self._lines = LineEditor(services.paths.input_history, list(self._commands)) if interactive else PipedLines()

    def run(self, first: str | None = None) -> int:
        """Serve lines until the end.

        Args:
            first: A message to begin with; None for none.

        Returns:
            Exit code: 1 if any line of a pipe failed, else 0.
        """
        if not self._lines.interactive:
            self._serve_all(first)
            return 1 if self._failed else 0
        notes.print("Write a message; /help lists the commands, Ctrl+C stops an answer.", style="dim", soft_wrap=False)
        if first is None and self._picked.attachments:
            self._picked.obey("", as_json=False)
        with on_interrupt(lambda: None):  # Ctrl+C a moment after the end of an answer must not end the program
            self._serve_all(first)
        return 0

    def _serve_all(self, first: str | None) -> None:
        for line in self._all_lines(first):
            if line == "/quit":
                return
            self._serve(line)

    def _all_lines(self, first: str | None) -> Iterator[str]:
        if first is not None:
            yield first
        for line in self._lines:
            if line.strip():
                yield line.strip()

    def _serve(self, line: str) -> None:
        try:
            if line.startswith("/") and not line.startswith("//"):
                self._obey(line)
            else:
                self._ask(line.removeprefix("/") if line.startswith("//") else line)
        except FamulusError as error:
            self._failed = True
            print_error(error.info)
            if self._as_json:
                print_json(error_line(error.info))

    def _obey(self, line: str) -> None:
        word, _, rest = line.partition(" ")
        known = self._commands.get(word)
        if known is None:
            near = difflib.get_close_matches(word, self._commands, n=1)
            raise InputInvalid(
                "There is no command {command}.",
                remedy="Did you mean {near}? A message may begin with two slashes."
                if near
                else "/help lists them. A message may begin with two slashes.",
                command=word,
                near=near[0] if near else "",
            )
        known[0](rest.strip())

    def _ask(self, text: str) -> None:
        attached = self._picked.attachments
        adapters, overflow = (None, None) if self._conversation_id else (self._adapters, self._overflow.chosen)

        def start() -> str:
            return self._services.chat.send(
                self._conversation_id, text, self._settings, attached, adapters, overflow=overflow
            )

        self._show(start)
        if self._runner.stored:
            self._picked.clear()

    def _show(self, start: Callable[[], str]) -> None:
        end: TurnEnd | None = self._runner.run(start)
        if end is None:
            return
        self._conversation_id = end.conversation_id or self._conversation_id
        self._last = end.message
        self._failed = self._failed or isinstance(end, TurnFailed)

    def _new(self, _: str) -> None:
        self._conversation_id = self._last = None
        self._say("new", "The next message begins a new conversation.")

    def _list(self, _: str) -> None:
        print_conversations(self._services.conversations.list(limit=_N_LISTED), as_json=self._as_json)

    def _open(self, rest: str) -> None:
        if not rest:
            raise InputInvalid("/open needs the id of a conversation.", remedy="/list shows the ids.")
        conversation = self._services.conversations.get(rest)
        branch = self._services.conversations.branch(conversation.id)
        self._conversation_id = conversation.id
        self._last = branch[-1] if branch else None
        print_messages(conversation, branch, as_json=self._as_json)

    def _image(self, rest: str) -> None:
        self._picked.obey(rest, as_json=self._as_json)

    def _adapter(self, rest: str) -> None:
        store = self._services.conversations
        if rest:
            uses = adapter_uses([] if rest == DROP else typed_adapters(rest), self._services.adapters)
            self._services.adapters.use(uses, self._settings.model)
            self._adapters = uses
            if self._conversation_id:
                store.set_adapters(self._conversation_id, uses).result()
        now = store.get(self._conversation_id).adapters if self._conversation_id else self._adapters
        if self._as_json:
            print_json({"type": "adapters", "adapters": now})
            return
        self._say("adapters", f"Answers are made with {adapter_words(now)}." if now else "No adapter is in use.")

    def _less(self, _: str) -> None:
        error = self._last.error if self._last is not None else None
        if error is None or rung_offered(error.values) is None:
            raise InputInvalid("No error has offered to load the model with less memory.")
        self._services.library.take_less(error, self._settings.model)
        self._retry("")

    def _full(self, _: str) -> None:
        if not self._services.library.load_in_full(self._settings.model):
            raise InputInvalid("Nothing was given up for this model.")
        self._say("full", "The next answer loads the model as the settings say.")

    def _retry(self, _: str) -> None:
        conversation_id = self._current()
        self._show(lambda: self._services.chat.retry(conversation_id, self._settings))

    def _continue(self, _: str) -> None:
        branch = self._services.conversations.branch(self._current())
        if not branch:
            raise MessageNotFound("This conversation has no message yet.")
        self._show(lambda: self._services.chat.continue_answer(branch[-1].id, self._settings))

    def _edit(self, rest: str) -> None:
        branch = self._services.conversations.branch(self._current())
        question = next((message for message in reversed(branch) if message.role is Role.USER), None)
        if question is None:
            raise MessageNotFound("There is no question to edit yet.")
        text = rest or self._lines.edited(question.text)
        if not text.strip():
            raise InputInvalid("/edit needs the new text of the question.")
        self._show(lambda: self._services.chat.edit(question.id, text, self._settings))

    def _system(self, rest: str) -> None:
        store = self._services.conversations
        if not rest:
            conversation = store.get(self._conversation_id) if self._conversation_id else None
            text = conversation.system_prompt if conversation else self._settings.chat.system_prompt
            self._say("system", text or "There is no system prompt.")
            return
        if self._conversation_id:
            store.set_system_prompt(self._conversation_id, rest).result()
        else:
            self._conversation_id = store.create(rest, self._adapters, self._overflow.chosen).result().id
        self._say("system", "The system prompt is set for this conversation.")

    def _stats(self, _: str) -> None:
        last = self._last
        if last is None or last.usage is None or last.timings is None:
            raise MessageNotFound("There is no finished answer yet.")
        if self._as_json:
            print_json({"type": "stats", "model": last.model, "usage": last.usage, "timings": last.timings})
            return
        usage, timings = last.usage, last.timings
        notes.print(
            f"{harmless(last.model)}: {usage.prompt_tokens} tokens read ({reused(usage)}) "
            f"in {timings.prompt_s:.2f} s, {usage.completion_tokens} written at "
            f"{timings.decode_tokens_per_s:.1f} tokens/s, first after {timings.first_token_s:.2f} s",
            soft_wrap=False,
        )

    def _help(self, _: str) -> None:
        if self._as_json:
            print_json(
                {"type": "help", "commands": {word: words for word, (_command, words) in self._commands.items()}}
            )
            return
        for word, (_command, words) in self._commands.items():
            notes.print(f"  {word:<9} {words}")

    def _say(self, kind: str, text: str) -> None:
        if self._as_json:
            print_json({"type": kind, "text": text})
        else:
            notes.print(harmless(text), style="dim")

    def _current(self) -> str:
        if self._conversation_id is None:
            raise MessageNotFound("This conversation has no message yet.")
        return self._conversation_id


def reused(usage: Usage) -> str:
    """Where the tokens of a prompt came from, as far as it is worth saying."""
    parts = [f"{usage.cached_tokens} from memory"]
    if usage.restored_tokens:
        parts.append(f"{usage.restored_tokens} of them from disk")
    if usage.encoded_media:
        parts.append(f"pictures looked at: {usage.encoded_media}")
    return ", ".join(parts)
