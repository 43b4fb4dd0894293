from __future__ import annotations

from pathlib import Path

import pytest

from assistant.core.context_check import ContextCheck, MethodRun, NeedleScore
from assistant.core.errors import DataFolderUnusable
from assistant.core.memory_estimate import KvType
from assistant.core.rope import RopeMethod
from assistant.storage.context_checks import ContextCheckFiles

DIGEST = "d" * 64
RUN = MethodRun(
    method=RopeMethod.YARN,
    n_ctx=1024,
    n_read=1000,
    losses=(2.5, 2.25),
    bucket=512,
    stride=4,
    needles=(NeedleScore(length=1000, position=10, recall=0.5),),
    seconds=3.0,
    kv_type=KvType.Q8_0,
)
CHECK = ContextCheck(model="m", n_ctx_train=512, text="a.txt", text_digest="t", n_text=9000, runs=(RUN,))


def test_a_check_comes_back_as_it_was(tmp_path: Path) -> None:
    files = ContextCheckFiles(tmp_path / "checks")
    assert files.is_empty
    assert files.load(DIGEST) is None
    files.save(DIGEST, CHECK)
    assert not files.is_empty
    assert files.load(DIGEST) == CHECK
    assert files.load("e" * 64) is None
    assert [path.name for path in (tmp_path / "checks").iterdir()] == [f"{DIGEST}.json"]


@pytest.mark.parametrize("data", [b"", b"{", b"[1]", b'{"model": 3}', b"\xff\xfe", b"[" * 100_000])
def test_a_damaged_file_is_no_result_and_can_be_replaced(tmp_path: Path, data: bytes) -> None:
    files = ContextCheckFiles(tmp_path)
    (tmp_path / f"{DIGEST}.json").write_bytes(data)
    assert files.load(DIGEST) is None
    files.save(DIGEST, CHECK)
    assert files.load(DIGEST) == CHECK


def test_where_it_cannot_be_written_that_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataFolderUnusable):
        ContextCheckFiles(tmp_path / "file").save(DIGEST, CHECK)
