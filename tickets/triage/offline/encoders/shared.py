"""Arrays that several processes have in memory once.

Each is a file that they map, named by its content. The kernel reads what they use of it, and keeps
one copy for all of them.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

MIN_BYTES = 256 * 1024  # smaller ones are not worth a file


def share_arrays(owner: object, folder: Path, numpy: Any) -> None:
    """Replace the large arrays among an object's attributes, and in lists there, by mapped files.

    Delete the files of other arrays, such as those of an earlier version. Raise OSError if the
    folder cannot be written, or the disk is full. Arrays that are not replaced yet stay as they
    are.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    used: set[Path] = set()

    def shared(value: Any) -> Any:
        if not isinstance(value, numpy.ndarray) or value.nbytes < MIN_BYTES:
            return value
        array = numpy.ascontiguousarray(value)
        path = folder / f"{hashlib.blake2b(array, digest_size=16).hexdigest()}.array"
        used.add(path)
        if not _holds(path, array, numpy):
            _write(path, array)
        return _mapped(path, array, numpy)

    for name, value in vars(owner).items():
        if isinstance(value, list):
            value[:] = map(shared, value)
        else:
            setattr(owner, name, shared(value))
    for path in set(folder.glob("*.array")) - used:
        path.unlink(missing_ok=True)  # processes that have mapped it keep it


def _mapped(path: Path, like: NDArray[Any], numpy: Any) -> NDArray[Any]:
    mapped = numpy.memmap(path, dtype=like.dtype, mode="r", shape=like.shape)
    array: NDArray[Any] = mapped.view(numpy.ndarray)  # memmap itself is slower to compute with
    return array


def _holds(path: Path, array: NDArray[Any], numpy: Any) -> bool:
    """Return whether the file has this content: after a power failure it may be incomplete."""
    if not path.exists() or path.stat().st_size != array.nbytes:
        return False
    return bool((_mapped(path, array, numpy) == array).all())


def _write(path: Path, array: NDArray[Any]) -> None:
    """Write the file as a whole. Of processes that do so at once, each writes the same."""
    descriptor, draft = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(array.data)
        Path(draft).replace(path)
    except OSError:
        Path(draft).unlink(missing_ok=True)
        raise
