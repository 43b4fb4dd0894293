"""The wish that the running request stops.

Process: engine worker. Thread: set from any, looked at by llama.cpp's callbacks on the scheduler's.
"""

from __future__ import annotations


class CancelFlag:
    """Set from any thread, looked at by llama.cpp's callbacks on the scheduler's.

    Attributes:
        is_set: Whether the running request is to stop.
    """

    def __init__(self) -> None:
        self.is_set = False
