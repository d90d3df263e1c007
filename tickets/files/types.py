"""What a file is, by its first bytes, and which files are programs.

Nothing here opens an archive or decodes an image. The type that a sender declares counts for
nothing.
"""

from __future__ import annotations

import re
import unicodedata
from codecs import getincrementaldecoder

import puremagic

HEAD_BYTES = 4096  # what a type is told by
UNKNOWN_TYPE, TEXT_TYPE, HTML_TYPE = "application/octet-stream", "text/plain", "text/html"
# Many formats are archives or compound files inside. Only the name tells which one.
CONTAINERS = {b"PK\x03\x04": "application/zip", b"\xd0\xcf\x11\xe0": "application/x-ole-storage"}
# A browser that guesses would take a text with one of these for a page.
MARKUP = re.compile(
    rb"<(?:!doctype|html|head|body|script|iframe|svg|style|title|table|div|br|a|h1|img|p|b|\?xml)"
    rb"[\s>/]",
    re.I,
)
# The images of which thumbnails are made.
IMAGE_TYPES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})

# What Windows, macOS, Linux or a browser runs when it is opened.
PROGRAM_EXTENSIONS = frozenset(
    {
        *("ade", "adp", "apk", "app", "appimage", "applescript", "application", "appref-ms"),
        *("appx", "appxbundle", "bash", "bat", "cab", "chm", "class", "cmd", "com", "command"),
        *("cpl", "csh", "deb", "deskthemepack", "desktop", "diagcab", "dll", "dmg", "drv"),
        *("dylib", "elf", "exe", "fileloc", "fish", "gadget", "hlp", "hta", "img", "inetloc"),
        *("inf", "ins", "inx", "iqy", "iso", "isp", "isu", "jar", "jnlp", "job", "js", "jse"),
        *("ksh", "library-ms", "lnk", "mailloc", "mde", "mjs", "msc", "msh", "msi", "msix"),
        *("msixbundle", "msp", "mst", "nsh", "ocx", "one", "onepkg", "oqy", "paf", "php"),
        *("pif", "pkg", "pl", "ps1", "ps1xml", "ps2", "psc1", "psd1", "psm1", "py", "pyc"),
        *("pyo", "pyw", "pyz", "pyzw", "rb", "rdp", "reg", "rgs", "rpm", "rqy", "run", "scf"),
        *("scpt", "scr", "sct", "search-ms", "searchconnector-ms", "settingcontent-ms", "sh"),
        *("shb", "shs", "slk", "so", "swf", "sys", "terminal", "theme", "themepack", "tool"),
        *("url", "vb", "vbe", "vbs", "vbscript", "vhd", "vhdx", "vxd", "wasm", "webloc"),
        *("website", "workflow", "ws", "wsc", "wsf", "wsh", "xbap", "xlam", "xll", "zsh"),
    }
)
PROGRAM_STARTS = (
    b"\x7fELF",
    b"\xfe\xed\xfa\xce",  # Mach-O, in both orders of bytes and both widths
    b"\xfe\xed\xfa\xcf",
    b"\xce\xfa\xed\xfe",
    b"\xcf\xfa\xed\xfe",
    b"\xca\xfe\xba\xbe",  # Mach-O for several processors, and Java
    b"\x4c\x00\x00\x00\x01\x14\x02\x00",  # a Windows shortcut
    b"dex\n",
    b"\x00asm",
    b"!<arch>\ndebian-binary",
    b"\xed\xab\xee\xdb",  # RPM
    b"MSCF",  # a cabinet, from which Windows installs
)
SCRIPT_START = re.compile(rb"(?:\xef\xbb\xbf)?#![ \t]*/")
# Shortcuts that are texts: of Windows, and of desktops on Linux.
SHORTCUT_START = re.compile(
    rb"(?:\xef\xbb\xbf)?\s{0,99}\[(?:InternetShortcut|Desktop Entry)\]", re.I
)


def extension_of(name: str) -> str:
    """Return the part after the last dot, in lower case and as systems that fold widths read it;
    "" if there is none."""
    name = unicodedata.normalize("NFKC", name)
    return name.rpartition(".")[2].strip().lower() if "." in name else ""


def is_program(head: bytes, name: str) -> bool:
    """Return whether a file could run, by its content or by its name."""
    return (
        extension_of(name) in PROGRAM_EXTENSIONS
        or head.startswith(PROGRAM_STARTS)
        or (head.startswith(b"MZ") and (b"\0" in head or len(head) < 64))
        or SCRIPT_START.match(head) is not None
        or SHORTCUT_START.match(head) is not None
    )


def type_of(head: bytes, name: str) -> str:
    """Return the media type of a file that begins with `head`.

    The name decides only between types that begin alike. Text with markup is HTML, whatever its
    name.
    """
    if _is_text(head) and MARKUP.search(head):
        return _best_match(head, name) if head.lstrip().startswith(b"<?xml") else HTML_TYPE
    media_type = _best_match(head, name)
    if media_type != UNKNOWN_TYPE:
        return media_type
    return TEXT_TYPE if _is_text(head) else UNKNOWN_TYPE


def _best_match(head: bytes, name: str) -> str:
    matches = []
    if head:
        try:
            matches = puremagic.magic_string(head)
        except (puremagic.PureError, ValueError):
            matches = []
    # Two bytes or fewer are a coincidence, as in a text that begins with "BM".
    matches = [each for each in matches if each.mime_type and each.confidence >= 0.3]
    extension = "." + extension_of(name)
    for match in matches:
        if match.extension == extension:
            return str(match.mime_type)
    for start, media_type in CONTAINERS.items():
        if head.startswith(start):
            return media_type
    return str(matches[0].mime_type) if matches else UNKNOWN_TYPE


def _is_text(head: bytes) -> bool:
    """Return whether this is UTF-8 without controls. Its last character may be cut."""
    try:
        getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return bool(head) and not re.search(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]", head)
