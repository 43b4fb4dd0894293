from __future__ import annotations

import msgspec
import pytest

from assistant.core.errors import ErrorInfo, FamulusError, ModelFileDamaged, NotEnoughMemory


def test_an_error_crosses_a_border_and_comes_back() -> None:
    error = NotEnoughMemory(
        "{model} needs {needed_mib} MiB.", remedy="Free {needed_mib} MiB.", cause="why", model="a{b}c", needed_mib=7
    )
    info = msgspec.msgpack.decode(msgspec.msgpack.encode(error.info), type=ErrorInfo)
    again = FamulusError.from_info(info)
    assert type(again) is NotEnoughMemory
    assert str(again) == "a{b}c needs 7 MiB."
    assert (again.info.remedy_text, again.info.cause) == ("Free 7 MiB.", "why")


def test_an_unknown_kind_keeps_its_name_and_its_sentence() -> None:
    info = ErrorInfo(kind="OfTheFuture", message="Something {new}.", values={"new": "else"})
    error = FamulusError.from_info(info)
    assert type(error) is FamulusError
    assert (error.info.kind, str(error)) == ("OfTheFuture", "Something else.")


def test_the_template_travels_beside_its_values() -> None:
    with pytest.raises(ModelFileDamaged) as raised:
        raise ModelFileDamaged("The file {file} is damaged.", file="x.gguf")
    assert (raised.value.info.message, raised.value.info.values) == ("The file {file} is damaged.", {"file": "x.gguf"})
