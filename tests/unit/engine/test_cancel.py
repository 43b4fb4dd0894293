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


def test_a_wish_that_is_held_back_is_seen_afterwards() -> None:
    flag = CancelFlag()
    look = ctypes.CFUNCTYPE(ctypes.c_bool, ctypes.c_void_p)(flag.look)
    with flag.held_back():
        flag.is_set = True
        assert (flag.is_set, look(flag.address)) == (True, False)
    assert look(flag.address)


def test_flags_are_strangers() -> None:
    one, other = CancelFlag(), CancelFlag()
    one.is_set = True
    assert not other.is_set
