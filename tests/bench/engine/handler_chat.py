"""A conversation with the bindings' own handler for pictures, which reads every one of them again at every turn."""

from __future__ import annotations

import base64
import io
import time
from pathlib import Path

from llama_cpp import Llama
from llama_cpp.llama_chat_format import MTMDChatHandler
from PIL import Image

from assistant.services.load_plan import usable_cores

# SmolLM2's own template takes strings only; the handler hands over lists of parts.
TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' }}{% if message['content'] is string %}"
    "{{ message['content'] }}{% else %}{% for part in message['content'] %}{{ part['text'] }}{% endfor %}{% endif %}"
    "{{ '<|im_end|>\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)


class _Handler(MTMDChatHandler):
    def _get_chat_template(self, llama: Llama) -> str:
        return TEMPLATE


def load_handler(model: Path, projector: Path, *, n_ctx: int, n_batch: int) -> Llama:
    """The starter model with a projector, as the bindings load them."""
    threads = usable_cores()
    return Llama(
        str(model),
        chat_handler=_Handler(str(projector), verbose=False, use_gpu=False),
        n_ctx=n_ctx,
        n_batch=n_batch,
        n_ubatch=n_batch,
        n_threads=threads,
        n_threads_batch=threads,
        verbose=False,
    )


class HandlerChat:
    """Asks one question after another, greedily.

    Args:
        llama: From `load_handler`.
        system: System prompt.
    """

    def __init__(self, llama: Llama, system: str) -> None:
        self._llama = llama
        self._messages: list[dict[str, object]] = [{"role": "system", "content": system}]

    def ask(self, text: str, pictures: tuple[Image.Image, ...] = (), max_tokens: int = 24) -> tuple[float, str]:
        """Ask, and keep question and answer; returns the seconds to the first token, and the answer."""
        urls = [{"type": "image_url", "image_url": {"url": _data_url(each)}} for each in pictures]
        content = [*urls, {"type": "text", "text": text}] if urls else text
        self._messages.append({"role": "user", "content": content})
        started, first, pieces = time.perf_counter(), 0.0, []
        for chunk in self._llama.create_chat_completion(
            self._messages, temperature=0.0, repeat_penalty=1.0, max_tokens=max_tokens, stream=True
        ):
            delta = chunk["choices"][0]["delta"]
            if "content" in delta:
                first = first or time.perf_counter() - started
                pieces.append(delta["content"])
        answer = "".join(pieces)
        self._messages.append({"role": "assistant", "content": answer})
        return first, answer


def _data_url(image: Image.Image) -> str:
    file = io.BytesIO()
    image.save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
