from __future__ import annotations

import threading
import time

from assistant.core.sampling import SamplingParameters
from assistant.engine.cancel import CancelFlag
from assistant.engine.engine import Executable
from assistant.engine.scheduler import RequestQueue
from assistant.protocol.engine_messages import Generate, UnloadModel


def generate(request_id: str, *, interactive: bool = True) -> Generate:
    return Generate(request_id=request_id, messages=(), sampling=SamplingParameters(), interactive=interactive)


def queue_of(*requests: Executable) -> tuple[RequestQueue, CancelFlag]:
    cancel = CancelFlag()
    queue = RequestQueue(cancel)
    for request in requests:
        queue.put(request)
    return queue, cancel


def taken(queue: RequestQueue) -> str | None:
    entry = queue.take()
    queue.end()
    return entry[0].request_id if entry else None


def test_what_a_person_waits_for_goes_first() -> None:
    queue, _ = queue_of(generate("title", interactive=False), generate("chat"), generate("chat2"))
    assert [taken(queue) for _ in range(4)] == ["chat", "chat2", "title", None]


def test_what_waits_is_answered_before_the_model_goes() -> None:
    queue, _ = queue_of(generate("title", interactive=False), UnloadModel(request_id="unload"), generate("chat"))
    assert [taken(queue) for _ in range(4)] == ["title", "unload", "chat", None]


def test_a_request_knows_when_it_came() -> None:
    before = time.perf_counter()
    queue, _ = queue_of(generate("chat"))
    after = time.perf_counter()
    entry = queue.take()
    assert entry is not None
    assert before <= entry[1] <= after


def test_a_waiting_request_is_withdrawn_wherever_it_waits() -> None:
    queue, cancel = queue_of(generate("chat"), generate("title", interactive=False))
    queue.take()
    assert queue.withdraw("title")
    assert not queue.withdraw("title")
    assert not cancel.is_set
    queue.end()
    assert taken(queue) is None


def test_the_running_request_is_told_and_only_that() -> None:
    queue, cancel = queue_of(generate("chat"), generate("next"))
    queue.take()
    assert not queue.withdraw("chat")
    assert cancel.is_set
    queue.end()
    assert not queue.withdraw("chat")
    assert not cancel.is_set
    queue.take()
    assert not cancel.is_set


def test_the_use_of_rest_gives_way_to_a_request() -> None:
    queue, cancel = queue_of()
    assert queue.take() is None
    assert not cancel.is_set
    queue.put(generate("chat"))
    assert cancel.is_set
    queue.take()
    assert not cancel.is_set
    queue.put(generate("next"))
    assert not cancel.is_set


def test_waiting_ends_with_a_request_or_with_the_time() -> None:
    queue, _ = queue_of()
    queue.wait(0.01)
    assert queue.take() is None
    waiter = threading.Thread(target=queue.wait, args=(None,))
    waiter.start()
    queue.put(generate("chat"))
    waiter.join(5.0)
    assert not waiter.is_alive()
