"""Remove what comes with text pasted from terminals and slides. Uses no database."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.datastructures import MultiValueDict

# ANSI escape sequences (ECMA-48): a title or link up to its end, a colour or movement, others.
# The first stops at every character that begins or ends one, so that it takes linear time.
ESCAPE_SEQUENCES = re.compile(
    r"(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\n\x07\x1b\x90\x98\x9c-\x9f]*(?:\x07|\x1b\\|\x9c)"
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|\x1b[ -/]+[0-~]"
    r"|\x1b[0-Z\\^-~]"
)
# A printer's bold and underlined letters: N, backspace, N; and _, backspace, N.
OVERSTRUCK = re.compile(r"(.)\x08(?=\1)|_\x08")
# Beside the usual ones: vertical tab (slides), form feed, file to record separators, next line,
# line and paragraph separators.
LINE_ENDS = re.compile(r"\r\n?|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
CONTROL_CHARACTERS = re.compile(r"[\x00-\x08\x0e-\x1b\x1f\x7f-\x9f]")


def clean_pasted(text: str) -> str:
    """Return the text without control characters. Those that end a line become `\\n`."""
    text = ESCAPE_SEQUENCES.sub("", text)
    text = OVERSTRUCK.sub("", text)
    text = LINE_ENDS.sub("\n", text)
    return CONTROL_CHARACTERS.sub("", text)


class PastedTextBoundField(forms.BoundField):
    """Cleans what a page sends. Programs send JSON, a plain dict, and learn what is wrong in it."""

    @property
    def data(self) -> Any:
        value = super().data
        is_page = isinstance(self.form.data, MultiValueDict)
        return clean_pasted(value) if is_page and isinstance(value, str) else value
