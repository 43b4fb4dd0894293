"""The flag says the same to Python and to llama.cpp."""

from __future__ import annotations

import ctypes

from assistant.engine.cancel import CancelFlag


def test_c_and_python_see_the_same() -> None:
    flag = CancelFlag()
    look = ctypes.CFUNCTYPE(ctypes.c_bool, ctypes.c_void_p)(flag.look)
    for wish in (False, True, True, False, True):
        flag.is_set = wish
        assert (flag.is_set, look(flag.address)) == (wish, wish)


def test_flags_are_strangers() -> None:
    one, other = CancelFlag(), CancelFlag()
    one.is_set = True
    assert not other.is_set
