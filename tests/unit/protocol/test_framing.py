from __future__ import annotations

import io
import os
import struct
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.core.conversation import FinishReason, Timings, Usage
from assistant.core.errors import ErrorInfo
from assistant.protocol.engine_messages import EngineReply, Failed, GenerationFinished, TokensGenerated
from assistant.protocol.framing import MAX_FRAME_BYTES, FrameError, FrameReader, FrameWriter

REPLIES = st.builds(
    TokensGenerated, request_id=st.text(), text=st.text(), token_ids=st.lists(st.integers(0, 2**31 - 1)).map(tuple)
)


def frames(*messages: TokensGenerated | GenerationFinished | Failed) -> bytes:
    stream = io.BytesIO()
    writer = FrameWriter(stream)
    for message in messages:
        writer.write(message)
    return stream.getvalue()


def reader(data: bytes) -> FrameReader[EngineReply]:
    return FrameReader(io.BytesIO(data), EngineReply)


@given(st.lists(REPLIES, max_size=4))
def test_messages_arrive_as_they_were_sent(messages: list[TokensGenerated]) -> None:
    incoming = reader(frames(*messages))
    assert [incoming.read() for _ in messages] == messages
    assert incoming.read() is None


def test_a_whole_reply_survives_the_journey() -> None:
    finished = GenerationFinished(
        request_id="e1",
        finish_reason=FinishReason.LENGTH,
        usage=Usage(prompt_tokens=3, cached_tokens=1, completion_tokens=2),
        timings=Timings(prompt_s=0.5),
        token_ids=(1, 2),
    )
    failed = Failed(request_id="e2", error=ErrorInfo(kind="ModelLoadFailed", message="{n}", values={"n": 3}))
    incoming = reader(frames(finished, failed))
    assert incoming.read() == finished
    assert incoming.read() == failed


@given(REPLIES, st.data())
def test_a_truncated_stream_is_its_end(message: TokensGenerated, data: st.DataObject) -> None:
    whole = frames(message)
    assert reader(whole[: data.draw(st.integers(0, len(whole) - 1))]).read() is None


def test_an_announced_length_beyond_the_limit_is_an_error() -> None:
    with pytest.raises(FrameError, match="announced"):
        reader(struct.pack("<I", MAX_FRAME_BYTES + 1)).read()


def test_a_message_beyond_the_limit_is_not_sent() -> None:
    stream = io.BytesIO()
    with pytest.raises(FrameError, match="exceeds"):
        FrameWriter(stream).write(TokensGenerated(request_id="e1", text="x" * (MAX_FRAME_BYTES + 1)))
    assert stream.getvalue() == b""


@given(st.binary(max_size=64))
def test_garbage_is_an_error_or_an_end_and_nothing_else(data: bytes) -> None:
    try:
        assert reader(struct.pack("<I", len(data)) + data).read() is None
    except FrameError:
        return


def test_a_message_of_another_protocol_is_an_error() -> None:
    with pytest.raises(FrameError):
        FrameReader[Failed](io.BytesIO(frames(TokensGenerated(request_id="e1", text="x"))), Failed).read()


def test_threads_do_not_mix_their_frames() -> None:
    read_end, write_end = os.pipe()
    with os.fdopen(read_end, "rb") as incoming, os.fdopen(write_end, "wb") as outgoing:
        writer = FrameWriter(outgoing)

        def send(name: str) -> None:
            for number in range(200):
                writer.write(TokensGenerated(request_id=name, text=f"{number}" * 500))

        threads = [threading.Thread(target=send, args=(name,)) for name in "abcd"]
        for thread in threads:
            thread.start()
        messages: FrameReader[TokensGenerated] = FrameReader(incoming, TokensGenerated)
        received: dict[str, int] = dict.fromkeys("abcd", 0)
        for _ in range(800):
            message = messages.read()
            assert message is not None
            assert message.text == f"{received[message.request_id]}" * 500
            received[message.request_id] += 1
        for thread in threads:
            thread.join()
