"""The renderer with its real child process: published templates, and templates that mean harm."""

from __future__ import annotations

import datetime
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from assistant.core.errors import TemplateFailed
from assistant.core.media import MediaKind
from assistant.engine import template_renderer
from assistant.engine.chat_template import ChatTemplate
from assistant.engine.segments import Segment
from assistant.engine.template_renderer import MessagesRefused, TemplateRenderer
from assistant.engine.template_worker import ADDRESS_SPACE_BYTES
from assistant.protocol.prompt_messages import PromptMedia, PromptMessage

SYSTEM = {"role": "system", "content": "Be brief."}
USER = {"role": "user", "content": " Hi "}
ANSWER = {"role": "assistant", "content": "Hello"}
AGAIN = {"role": "user", "content": "Bye"}

# Written after the formats that the makers of the models publish.
QWEN = (
    "{%- if messages[0]['role'] == 'system' %}{{- '<|im_start|>system\n' + messages[0]['content'] + '<|im_end|>\n' }}"
    "{%- else %}{{- '<|im_start|>system\nYou are Qwen.<|im_end|>\n' }}{%- endif %}"
    "{%- for message in messages %}{%- if message.role != 'system' or not loop.first %}"
    "{{- '<|im_start|>' + message.role + '\n' + message.content + '<|im_end|>' + '\n' }}{%- endif %}{%- endfor %}"
    "{%- if add_generation_prompt %}{{- '<|im_start|>assistant\n' }}{%- endif %}"
)
LLAMA = (
    "{{- bos_token }}{%- set ns = namespace(system='') %}"
    "{%- if messages[0]['role'] == 'system' %}{%- set ns.system = messages[0]['content']|trim %}"
    "{%- set messages = messages[1:] %}{%- endif %}"
    "{{- '<|start_header_id|>system<|end_header_id|>\n\n' }}{{- 'Today Date: ' + strftime_now('%d %b %Y') + '\n\n' }}"
    "{{- ns.system }}{{- '<|eot_id|>' }}"
    "{%- for message in messages %}{{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n'"
    " + message['content'] | trim + '<|eot_id|>' }}{%- endfor %}"
    "{%- if add_generation_prompt %}{{- '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{%- endif %}"
)
GEMMA = (
    "{{ bos_token }}{% if messages[0]['role'] == 'system' %}"
    "{{ raise_exception('System role not supported') }}{% endif %}"
    "{% for message in messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}"
    "{% if message['role'] == 'assistant' %}{% set role = 'model' %}"
    "{% else %}{% set role = message['role'] %}{% endif %}"
    "{{ '<start_of_turn>' + role + '\n' + message['content'] | trim + '<end_of_turn>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<start_of_turn>model\n' }}{% endif %}"
)
MISTRAL = (
    "{{ bos_token }}{% for message in messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('Conversation roles must alternate') }}{% endif %}"
    "{% if message['role'] == 'user' %}{{ '[INST] ' + message['content'] + ' [/INST]' }}"
    "{% elif message['role'] == 'assistant' %}{{ ' ' + message['content'] + eos_token }}"
    "{% else %}{{ raise_exception('Only user and assistant roles are supported!') }}{% endif %}{% endfor %}"
)

SMOLVLM = (
    "<|im_start|>{% for message in messages %}{{ message['role'] | capitalize }}"
    "{% if message['content'][0]['type'] == 'image' %}:{% else %}: {% endif %}"
    "{% for line in message['content'] %}{% if line['type'] == 'text' %}{{ line['text'] }}"
    "{% elif line['type'] == 'image' %}<image>{% endif %}{% endfor %}<end_of_utterance>\n{% endfor %}"
    "{% if add_generation_prompt %}Assistant:{% endif %}"
)
QWEN_VL = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{% if message['content'] is string %}{{ message['content'] }}<|im_end|>\n{% else %}"
    "{% for part in message['content'] %}{% if part['type'] == 'image' %}<|vision_start|><|image_pad|><|vision_end|>"
    "{% elif 'text' in part %}{{ part['text'] }}{% endif %}{% endfor %}<|im_end|>\n{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


@pytest.fixture(scope="module")
def renderer() -> Iterator[TemplateRenderer]:
    renderer = TemplateRenderer()
    yield renderer
    renderer.close()


@pytest.fixture
def child(renderer: TemplateRenderer) -> psutil.Process:
    """The process of `renderer`."""
    renderer.close()
    others = set(psutil.Process().children())
    render(renderer, "", USER)
    (child,) = set(psutil.Process().children()) - others
    return child


def render(renderer: TemplateRenderer, source: str, *messages: dict[str, str]) -> str:
    (text,) = renderer.render(source, [list(messages)], {"bos_token": "<s>", "eos_token": "</s>"})
    return text


def test_qwen(renderer: TemplateRenderer) -> None:
    assert render(renderer, QWEN, USER) == (
        "<|im_start|>system\nYou are Qwen.<|im_end|>\n<|im_start|>user\n Hi <|im_end|>\n<|im_start|>assistant\n"
    )
    assert render(renderer, QWEN, SYSTEM, USER, ANSWER, AGAIN) == (
        "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\n Hi <|im_end|>\n"
        "<|im_start|>assistant\nHello<|im_end|>\n<|im_start|>user\nBye<|im_end|>\n<|im_start|>assistant\n"
    )


def test_llama(renderer: TemplateRenderer) -> None:
    today = datetime.datetime.now().strftime("%d %b %Y")
    assert render(renderer, LLAMA, SYSTEM, USER) == (
        f"<s><|start_header_id|>system<|end_header_id|>\n\nToday Date: {today}\n\nBe brief.<|eot_id|>"
        "<|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n"
    )


def test_gemma_takes_the_system_message_before_the_first_question(renderer: TemplateRenderer) -> None:
    with pytest.raises(MessagesRefused) as refused:
        render(renderer, GEMMA, SYSTEM, USER)
    assert refused.value.info.cause == "System role not supported"
    chat = ChatTemplate(GEMMA, {"bos_token": "<s>", "eos_token": ""}, renderer)
    segments = chat.render(
        [PromptMessage(role="system", text="Be brief."), PromptMessage(role="user", text=" Hi ")]
    ).segments
    assert chat.note == ""
    assert "".join(segment.text for segment in segments) == (
        "<s><start_of_turn>user\nBe brief.\n\n Hi<end_of_turn>\n<start_of_turn>model\n"
    )


def test_mistral_insists_that_roles_alternate(renderer: TemplateRenderer) -> None:
    assert render(renderer, MISTRAL, USER, ANSWER, AGAIN) == "<s>[INST]  Hi  [/INST] Hello</s>[INST] Bye [/INST]"
    for messages in ((USER, AGAIN), (ANSWER, USER), (SYSTEM, USER)):
        with pytest.raises(MessagesRefused):
            render(renderer, MISTRAL, *messages)


PICTURE = PromptMedia(kind=MediaKind.IMAGE, digest="00", path="")


@pytest.mark.parametrize(
    ("template", "before", "after", "between"),
    [
        (SMOLVLM, "<|im_start|>User: ", "<end_of_utterance>\nAssistant:", "<end_of_utterance>\nUser: "),
        (QWEN_VL, "<|im_start|>user\n", "<|im_end|>\n<|im_start|>assistant\n", "<|im_end|>\n<|im_start|>user\n"),
    ],
    ids=["parts only", "parts or strings"],
)
def test_templates_of_models_that_see_leave_pictures_to_us(
    renderer: TemplateRenderer, template: str, before: str, after: str, between: str
) -> None:
    chat = ChatTemplate(template, {}, renderer)
    question = PromptMessage(role="user", text="What is <image>?", media=(PICTURE,))
    assert chat.note == ""
    assert chat.render([question]).segments == [
        Segment(before),
        Segment("", media=PICTURE),
        Segment("What is <image>?", question),
        Segment(after),
    ]
    assert chat.between_turns() == between


def test_extensions_of_hugging_face(renderer: TemplateRenderer) -> None:
    assert render(renderer, "{% generation %}{{ messages[0].content }}{% endgeneration %}!", USER) == " Hi !"
    assert render(renderer, "{{ {'a': ['<é>', none]} | tojson }}", USER) == '{"a": ["<é>", null]}'
    assert render(renderer, "{{ [1] | tojson(indent=2) }}", USER) == "[\n  1\n]"
    assert render(renderer, "{% for m in messages %}{{ m.role }}{% break %}{% endfor %}", USER, ANSWER) == "user"
    assert render(renderer, "{% if tools %}tools{% else %}none{% endif %}", USER) == "none"


HOSTILE = {
    "nested loops": "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
    "endless recursion": "{% macro f(n) %}{{ f(n + 1) }}{% endmacro %}{{ f(0) }}",
    "recursive loop": "{% for m in messages recursive %}{{ loop(messages) }}{% endfor %}",
    "doubling": "{% set n = namespace(s='ab') %}{% for i in range(60) %}{% set n.s = n.s + n.s %}{% endfor %}{{ n.s }}",
    "multiplication": "{{ 'a' * 10 ** 10 }}",
    "power": "{{ 9 ** (9 ** 9) }}",
    "formatted width": "{{ '%10000000000d' % 1 }}",
    "str.format width": "{{ '{:>9999999999}'.format(1) }}",
    "ljust": "{{ 'a'.ljust(10 ** 10) }}",
    "center filter": "{{ 'a' | center(10 ** 10) }}",
    "indent filter": "{{ ('a\n' * 1000) | indent(10 ** 9) }}",
    "join bomb": "{{ (['a' * 10 ** 6] * 10 ** 6) | join }}",
    "replace bomb": "{{ ('a' * 10 ** 6) | replace('a', 'b' * 10 ** 6) }}",
    "range bomb": "{{ range(10 ** 12) | list }}",
    "output bomb": "{% for a in range(99999) %}{{ 'aaaaaaaaaaaaaaaa' * 1000 }}{% endfor %}",
    "class tree": "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "globals of a function": "{{ raise_exception.__globals__['sys'].modules['os'].listdir('.') }}",
    "globals of cycler": "{{ cycler.__init__.__globals__.os.popen('touch touched').read() }}",
    "globals of lipsum": "{{ lipsum.__globals__['os'].system('touch touched') }}",
    "globals by filter": "{{ (lipsum | attr('__globals__'))['os'].system('touch touched') }}",
    "format attributes": "{{ '{0.__init__.__globals__}'.format(cycler) }}",
    "self": "{{ self.__init__.__globals__.__builtins__.open('touched', 'w') }}",
    "changed messages": "{{ messages.append(messages) }}{{ messages }}",
    "include": "{% include 'canary.txt' %}",
    "import": "{% import '/etc/passwd' as passwd %}{{ passwd }}",
    "extends": "{% extends 'canary.txt' %}",
    "open a file": "{{ open('canary.txt').read() }}",
    "builtins": "{{ ().__class__.__base__.__subclasses__()[0].__init__.__builtins__['open']('touched', 'w') }}",
    "parentheses": "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
    "nested lists": "{{ " + "[" * 20000 + "]" * 20000 + " }}",
    "large source": "{{ 'x' }}" * (1024 * 1024 // 9),
    "sort by a raising key": "{% for m in messages | sort(attribute='nothing.at.all') %}{% endfor %}",
    "missing": "{{ undefined_name.attribute }}",
    "no text": "{{ '\\ud800' }}",
}
HARMLESS = {"large source", "no text"}
"""Merely stupid: they may end in text."""


@pytest.fixture
def canary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    canary = tmp_path / "canary.txt"
    canary.write_text("the canary sings")
    monkeypatch.chdir(tmp_path)
    return canary


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_template(name: str, renderer: TemplateRenderer, canary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(template_renderer, "TIME_LIMIT_S", 2.0)  # do not wait for the processor limit each time
    before = canary.stat()
    renderer.close()  # so that the process works in the canary's folder
    started = time.monotonic()
    text = ""
    if name in HARMLESS:
        try:
            text = render(renderer, HOSTILE[name], USER)
        except TemplateFailed:
            text = ""
    else:
        with pytest.raises(TemplateFailed):
            text = render(renderer, HOSTILE[name], USER)
    assert time.monotonic() - started < 10
    assert "canary" not in text
    assert "root:" not in text
    assert [path.name for path in canary.parent.iterdir()] == ["canary.txt"]
    assert canary.read_text() == "the canary sings"
    assert canary.stat().st_mtime_ns == before.st_mtime_ns
    assert render(renderer, "{{ messages[0].content }}", USER) == " Hi "


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limits")
def test_the_process_ends_itself_after_its_processor_seconds(renderer: TemplateRenderer, child: psutil.Process) -> None:
    started = time.monotonic()
    with pytest.raises(TemplateFailed, match="does not work"):
        render(renderer, HOSTILE["nested loops"], USER)
    assert time.monotonic() - started < template_renderer.TIME_LIMIT_S + 1
    assert not child.is_running()


@pytest.mark.skipif(sys.platform != "linux", reason="reads the limits of another process")
def test_the_system_bounds_the_process(child: psutil.Process) -> None:
    assert child.rlimit(psutil.RLIMIT_AS) == (ADDRESS_SPACE_BYTES, ADDRESS_SPACE_BYTES)
    assert child.rlimit(psutil.RLIMIT_FSIZE) == (0, 0)
    assert child.rlimit(psutil.RLIMIT_NOFILE) == (0, 0)


def test_a_process_that_died_meanwhile_is_replaced(renderer: TemplateRenderer, child: psutil.Process) -> None:
    child.kill()
    child.wait()
    assert render(renderer, "{{ messages[0].content }}", USER) == " Hi "


def test_a_process_that_was_started_ahead_renders(renderer: TemplateRenderer) -> None:
    renderer.close()
    others = set(psutil.Process().children())
    renderer.start()
    (child,) = set(psutil.Process().children()) - others
    renderer.start()
    assert render(renderer, "{{ messages[0].content }}", USER) == " Hi "
    assert set(psutil.Process().children()) - others == {child}


def test_a_start_that_fails_is_told_by_the_first_request(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(template_renderer, "worker_command", lambda name: [str(tmp_path / "nothing")])
    renderer = TemplateRenderer()
    renderer.start()
    with pytest.raises(TemplateFailed):
        render(renderer, "", USER)


def test_close_ends_the_process() -> None:
    others = set(psutil.Process().children())
    renderer = TemplateRenderer()
    render(renderer, "", USER)
    (child,) = set(psutil.Process().children()) - others
    renderer.close()
    assert not child.is_running()
