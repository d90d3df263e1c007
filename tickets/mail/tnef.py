"""Read winmail.dat (TNEF), in which Outlook and Exchange wrap files.

Our own, because `tnefparse` repeats a loop as often as a number in the file says, copies the rest
of the file for each object, and drops the zero bytes at the end of attached files.
Layout: MS-OXTNEF, sections 2.1.3 and 2.2.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from ..vocabulary import MAX_MAIL_PARTS
from . import charsets

SIGNATURE = 0x223E9F78
# Objects: level, name, type and length before the data, a checksum after it.
OBJECT = struct.Struct("<BHHI")
NEW_FILE, FILE_TITLE, FILE_DATA, FILE_PROPERTIES = 0x9002, 0x8010, 0x800F, 0x9005
BODY, PROPERTIES, CODEPAGE = 0x800C, 0x9003, 0x9007
# Properties: numbers of MAPI.
TEXT, HTML, RTF, INTERNET_CODEPAGE = 0x1000, 0x1013, 0x1009, 0x3FDE
LONG_NAME, NAME, TYPE, CONTENT_ID, EMBEDDED = 0x3707, 0x3704, 0x370E, 0x3712, 0x3701
MULTIPLE, NAMED = 0x1000, 0x8000
FIXED_SIZES = {
    **dict.fromkeys((0x0002, 0x000B, 0x0003, 0x0004, 0x000A), 4),
    **dict.fromkeys((0x0005, 0x0006, 0x0007, 0x0014, 0x0040), 8),
    0x0048: 16,
}
NULL = 0x0001  # without a value
NARROW, WIDE, OBJECT_TYPE, BINARY = 0x001E, 0x001F, 0x000D, 0x0102
INTERFACE_BYTES = 16  # what an embedded object begins with


@dataclass(slots=True)
class TnefFile:
    name: str = ""
    type: str = "application/octet-stream"
    content: bytes = b""
    content_id: str = ""


@dataclass(slots=True)
class Tnef:
    files: list[TnefFile] = field(default_factory=list)
    plain: str = ""
    html: str = ""
    has_rtf: bool = False  # a text in a form that we do not read
    codepage: str = "cp1252"


def read_tnef(data: bytes) -> Tnef:
    """Return the files and texts. Raises ValueError if the data is no TNEF or is cut off."""
    try:
        if struct.unpack_from("<I", data)[0] != SIGNATURE:
            raise ValueError("not TNEF")
        result = Tnef()
        for name, content in _objects(data):
            _take_object(result, name, content)
    except struct.error as error:
        raise ValueError("cut off") from error
    return result


def _objects(data: bytes) -> Iterator[tuple[int, bytes]]:
    position = 6  # past the signature and a key
    while position + OBJECT.size < len(data):
        _, name, _, length = OBJECT.unpack_from(data, position)
        position += OBJECT.size
        if position + length > len(data):
            raise ValueError("cut off")
        yield name, data[position : position + length]
        position += length + 2


def _take_object(result: Tnef, name: int, content: bytes) -> None:
    if name == NEW_FILE and len(result.files) < MAX_MAIL_PARTS:
        result.files.append(TnefFile())
    elif name == CODEPAGE:
        result.codepage = f"cp{struct.unpack_from('<I', content)[0]}"
    elif name == BODY:
        result.plain = result.plain or _text(content, result.codepage)
    elif name == PROPERTIES:
        _take_texts(result, dict(_properties(content)))
    elif result.files:
        _take_file(result.files[-1], name, content, result.codepage)


def _take_texts(result: Tnef, values: dict[int, tuple[int, bytes]]) -> None:
    codepage = result.codepage
    if INTERNET_CODEPAGE in values:
        number = struct.unpack_from("<I", values[INTERNET_CODEPAGE][1])[0]
        codepage = {65001: "utf-8", 28591: "iso-8859-1", 20127: ""}.get(number, f"cp{number}")
    result.plain = _string(values, TEXT, codepage) or result.plain
    result.html = _string(values, HTML, codepage) or result.html
    result.has_rtf = result.has_rtf or RTF in values


def _take_file(file: TnefFile, name: int, content: bytes, codepage: str) -> None:
    if name == FILE_TITLE:
        file.name = file.name or _text(content, codepage)
    elif name == FILE_DATA:
        file.content = content
    elif name == FILE_PROPERTIES:
        values = dict(_properties(content))
        long_name = _string(values, LONG_NAME, codepage)
        file.name = long_name or file.name or _string(values, NAME, codepage)
        file.type = _string(values, TYPE, codepage).lower() or file.type
        file.content_id = _string(values, CONTENT_ID, codepage).strip("<> ")
        if EMBEDDED in values and not file.content:
            file.content = values[EMBEDDED][1][INTERFACE_BYTES:]


def _properties(data: bytes) -> Iterator[tuple[int, tuple[int, bytes]]]:
    """Yield (number, (type, value)), up to the end of the data, whatever their count claims."""
    (count,) = struct.unpack_from("<I", data)
    position = 4
    for _ in range(min(count, len(data) // 4)):
        kind, number = struct.unpack_from("<HH", data, position)
        position += 4
        if number >= NAMED:
            position = _after_name(data, position)
        is_multiple, kind = bool(kind & MULTIPLE), kind & ~MULTIPLE
        if kind == NULL:
            continue
        values = 1
        if is_multiple or kind not in FIXED_SIZES:
            (values,) = struct.unpack_from("<I", data, position)
            position += 4
        value = b""
        for index in range(min(values, len(data) // 4)):
            item, position = _value(data, position, kind)
            value = item if index == 0 else value
        yield number, (kind, value)


def _after_name(data: bytes, position: int) -> int:
    """Return where the value of a property begins that has a name."""
    kind, number = struct.unpack_from("<II", data, position + 16)
    return position + 24 + (_padded(number) if kind else 0)


def _value(data: bytes, position: int, kind: int) -> tuple[bytes, int]:
    """Return a value and where the next one begins."""
    if kind in FIXED_SIZES:
        size = FIXED_SIZES[kind]
    elif kind in (NARROW, WIDE, OBJECT_TYPE, BINARY):
        (size,) = struct.unpack_from("<I", data, position)
        position += 4
    else:
        raise ValueError(f"unknown type {kind}")
    if position + size > len(data):
        raise ValueError("cut off")
    return data[position : position + size], position + _padded(size)


def _padded(size: int) -> int:
    return size + -size % 4


def _string(values: dict[int, tuple[int, bytes]], number: int, codepage: str) -> str:
    kind, value = values.get(number, (NARROW, b""))
    return _text(value, "utf-16-le" if kind == WIDE else codepage)


def _text(value: bytes, charset: str) -> str:
    return charsets.decode(value, charset)
