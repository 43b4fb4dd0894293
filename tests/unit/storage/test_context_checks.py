from __future__ import annotations

import threading
from pathlib import Path

import msgspec
import pytest

from assistant.core.context_check import ContextCheck, MethodRun, NeedleScore, ReadText, Series
from assistant.core.errors import DataFolderUnusable
from assistant.core.memory_estimate import KvType
from assistant.core.rope import RopeMethod
from assistant.storage.context_checks import ContextCheckFiles

DIGEST = "d" * 64
RUN = MethodRun(
    method=RopeMethod.YARN,
    series=Series(n_ctx=1024, kv_type=KvType.Q8_0, text_digest="t"),
    n_read=1000,
    losses=(2.5, 2.25),
    bucket=512,
    stride=4,
    needles=(NeedleScore(length=1000, position=10, recall=0.5),),
    seconds=3.0,
)
TEXT = ReadText(digest="t", name="a.txt", n_tokens=9000)
CHECK = ContextCheck(model="m", n_ctx_train=512).with_run(RUN, TEXT).with_comparison(RUN.series)


def test_a_check_comes_back_as_it_was(tmp_path: Path) -> None:
    files = ContextCheckFiles(tmp_path / "checks")
    assert files.is_empty
    assert files.load(DIGEST) is None
    files.change(DIGEST, lambda known: CHECK)
    assert not files.is_empty
    assert files.load(DIGEST) == CHECK
    assert files.load("e" * 64) is None
    assert [path.name for path in (tmp_path / "checks").glob("*.json")] == [f"{DIGEST}.json"]


def test_two_programs_at_once_lose_nothing_of_each_other(tmp_path: Path) -> None:
    """Each adds its runs to what it sees; without a lock, or from a stale copy, some would be gone."""
    n_each = 20

    def add(number: int) -> None:
        files = ContextCheckFiles(tmp_path / "checks")
        for n_ctx in range(512, 512 + n_each):
            run = msgspec.structs.replace(RUN, series=Series(n_ctx=n_ctx, text_digest=str(number)))
            text = ReadText(digest=str(number))
            files.change(
                DIGEST,
                lambda known, run=run, text=text: (known or ContextCheck(model="m", n_ctx_train=512)).with_run(
                    run, text
                ),
            )  # type: ignore[misc]

    threads = [threading.Thread(target=add, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check = ContextCheckFiles(tmp_path / "checks").load(DIGEST)
    assert check is not None
    assert len(check.runs) == 2 * n_each
    assert {text.digest for text in check.texts} == {"0", "1"}


@pytest.mark.parametrize("data", [b"", b"{", b"[1]", b'{"model": 3}', b"\xff\xfe", b"[" * 100_000])
def test_a_damaged_file_is_no_result_and_can_be_replaced(tmp_path: Path, data: bytes) -> None:
    files = ContextCheckFiles(tmp_path)
    (tmp_path / f"{DIGEST}.json").write_bytes(data)
    assert files.load(DIGEST) is None
    files.change(DIGEST, lambda known: CHECK)
    assert files.load(DIGEST) == CHECK


def test_where_it_cannot_be_written_that_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataFolderUnusable):
        ContextCheckFiles(tmp_path / "file").change(DIGEST, lambda known: CHECK)
