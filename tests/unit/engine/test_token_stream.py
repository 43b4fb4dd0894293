from __future__ import annotations

import codecs

from hypothesis import given
from hypothesis import strategies as st

from assistant.engine.token_stream import Release, TokenStream

ALPHABET = st.text(st.sampled_from("abÄ€😀 \n<"), max_size=24)
STOPS = st.lists(st.text(st.sampled_from("abÄ€😀<"), max_size=4), max_size=3)


@st.composite
def pieces_of(draw: st.DrawFn, data: bytes) -> list[bytes]:
    """`data` cut anywhere, also inside characters and into empty pieces."""
    cuts = sorted(draw(st.lists(st.integers(0, len(data)), max_size=len(data) + 2)))
    return [data[start:end] for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True)]


def run(pieces: list[bytes], stops: list[str]) -> tuple[TokenStream, list[Release]]:
    stream = TokenStream(stops)
    releases = []
    for token_id, piece in enumerate(pieces):
        releases.append(stream.push(token_id, piece))
        if stream.stopped:
            break
    return stream, [*releases, stream.flush()]


def text_before_stop(text: str, stops: list[str]) -> str:
    """Read one character after the other; the first stop string that is complete ends the text."""
    for end in range(len(text) + 1):
        complete = [len(stop) for stop in stops if stop and text[:end].endswith(stop)]
        if complete:
            return text[: end - max(complete)]
    return text


@given(st.data(), ALPHABET, STOPS)
def test_text_ends_before_the_first_stop_however_it_is_cut(data: st.DataObject, text: str, stops: list[str]) -> None:
    stream, releases = run(data.draw(pieces_of(text.encode())), stops)
    assert "".join(release.text for release in releases) == stream.text == text_before_stop(text, stops)
    assert stream.stopped == any(stop in text for stop in stops if stop)


@given(st.data(), ALPHABET, STOPS)
def test_nothing_is_released_that_a_later_piece_takes_back(data: st.DataObject, text: str, stops: list[str]) -> None:
    expected = text_before_stop(text, stops)
    _, releases = run(data.draw(pieces_of(text.encode())), stops)
    shown = ""
    for release in releases:
        shown += release.text
        assert expected.startswith(shown)
        assert "�" not in shown


@given(st.data(), ALPHABET, STOPS)
def test_ids_come_in_order_and_with_their_whole_text(data: st.DataObject, text: str, stops: list[str]) -> None:
    pieces = data.draw(pieces_of(text.encode()))
    stream, releases = run(pieces, stops)
    shown, n_ids = "", 0
    for release in releases:
        shown += release.text
        assert release.token_ids == tuple(range(n_ids, n_ids + len(release.token_ids)))
        n_ids += len(release.token_ids)
        assert shown.encode().startswith(b"".join(pieces[:n_ids]))
    assert stream.token_ids == list(range(n_ids))


@given(st.data(), st.binary(max_size=24))
def test_without_a_stop_all_ids_spell_the_text(data: st.DataObject, answer: bytes) -> None:
    pieces = data.draw(pieces_of(answer))
    stream, _ = run(pieces, [])
    whole = codecs.getincrementaldecoder("utf-8")("replace").decode(answer)
    assert stream.text == whole
    if whole == answer.decode("utf-8", "replace"):
        assert stream.token_ids == list(range(len(pieces)))


def test_the_stop_that_is_complete_first_wins() -> None:
    for pieces in ([b"abcd"], [b"ab", b"cd"], [b"a", b"b", b"c", b"d"]):
        stream, _ = run(pieces, ["abcd", "c"])
        assert stream.text == "ab"


def test_a_character_cut_by_the_end_of_the_answer_is_left_out_with_its_ids() -> None:
    stream, releases = run([b"a", "€".encode()[:2]], [])
    assert [release.text for release in releases] == ["a", "", ""]
    assert stream.token_ids == [0]


def test_text_that_may_begin_a_stop_is_held_back() -> None:
    stream = TokenStream(["\nUser:"])
    assert stream.push(1, b"Hi\nUs") == Release("Hi", ())
    assert stream.push(2, b"ually") == Release("\nUsually", (1, 2))
    assert stream.push(3, b"\nUser: me") == Release("", ())
    assert stream.stopped
    assert stream.flush() == Release("", ())
    assert stream.text == "Hi\nUsually"
    assert stream.token_ids == [1, 2]
