"""Convert lists of numbers to bytes and back."""

from __future__ import annotations

import math
import struct
from collections.abc import Collection
from typing import Any


def pack(kind: str, numbers: Collection[float]) -> bytes:
    """Return the count and the numbers as bytes; `kind` is a format character of `struct`."""
    return struct.pack(f"<I{len(numbers)}{kind}", len(numbers), *numbers)


class Reader:
    """Reads the output of `pack`, in the same order."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def numbers(self, kind: str, count: int | None = None) -> list[Any]:
        """Return the next numbers. Raise ValueError for another count, or if one is not finite."""
        try:
            (size,) = struct.unpack_from("<I", self._data, self._at)
            layout = f"<{size}{kind}"
            numbers = list(struct.unpack_from(layout, self._data, self._at + 4))
        except struct.error as error:
            raise ValueError("the data is incomplete") from error
        if count is not None and size != count:
            raise ValueError(f"there are {size} numbers instead of {count}")
        if kind in "ef" and not all(map(math.isfinite, numbers)):
            raise ValueError("not every number is finite")
        self._at += 4 + struct.calcsize(layout)
        return numbers

    def end(self) -> None:
        """Raise ValueError if there is more to read."""
        if self._at != len(self._data):
            raise ValueError("there is more data than expected")
