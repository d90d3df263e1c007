"""Files in forms and below messages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.template import Library

from tickets import requester_texts as texts
from tickets.pages.files import AgentFiles, AttachedFile, RequesterFiles
from tickets.vocabulary import MAX_FILES_PER_MESSAGE

register = Library()


@dataclass(frozen=True, slots=True)
class FileLimits:
    """What a form says about its files, and what its script says. "{name}" is filled in."""

    megabytes: int  # of a file
    ticket_megabytes: int
    count: int
    too_large: str
    too_much: str
    too_many: str


@register.simple_tag
def file_limits() -> FileLimits:
    megabytes, of_ticket = settings.ATTACHMENT_MAX_MB, settings.ATTACHMENT_TICKET_MB
    return FileLimits(
        megabytes,
        of_ticket,
        MAX_FILES_PER_MESSAGE,
        texts.FILE_TOO_LARGE % {"name": "{name}", "limit": megabytes},
        texts.TOO_MUCH_FOR_TICKET % {"limit": of_ticket},
        texts.TOO_MANY_FILES % {"limit": MAX_FILES_PER_MESSAGE},
    )


@register.filter
def files_below(files: AgentFiles | RequesterFiles, text: Any) -> list[AttachedFile]:
    """Return the files of a ticket's description, a comment or a reply that waits."""
    return files.below(text)
