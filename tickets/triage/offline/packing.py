"""Lists of numbers as bytes, and back."""

from __future__ import annotations

import math
import struct
from collections.abc import Collection
from typing import Any


def pack(kind: str, numbers: Collection[float]) -> bytes:
    """`kind` is one of struct's letters. The count comes first."""
    return struct.pack(f"<I{len(numbers)}{kind}", len(numbers), *numbers)


class Reader:
    """Reads what `pack` gave, in the same order."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def numbers(self, kind: str, count: int | None = None) -> list[Any]:
        """Raises ValueError when there are not so many, or when one is no finite number."""
        try:
            (found,) = struct.unpack_from("<I", self._data, self._at)
            layout = f"<{found}{kind}"
            numbers = list(struct.unpack_from(layout, self._data, self._at + 4))
        except struct.error as error:
            raise ValueError("it ends too soon") from error
        if count is not None and found != count:
            raise ValueError(f"{found} numbers stand where {count} belong")
        if kind in "ef" and not all(map(math.isfinite, numbers)):
            raise ValueError("not every number is finite")
        self._at += 4 + struct.calcsize(layout)
        return numbers

    def end(self) -> None:
        """Raises ValueError when something is left."""
        if self._at != len(self._data):
            raise ValueError("it does not end where it should")
