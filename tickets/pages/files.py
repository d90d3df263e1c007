"""Files on pages: in forms, and below messages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.urls import reverse

from .. import requester_texts as texts
from ..access.actors import actor_of
from ..access.throttling import count_upload
from ..exceptions import DeskError, InvalidInput, RateLimited, StorageUnavailable
from ..files.received import NewFile, ReceivedFile
from ..forms.files import FilesForm, sign_earlier_file
from ..models.attachments import Attachment
from ..models.ticket import Ticket
from ..services.attachments.attaching import store_unattached
from ..services.attachments.serving import TicketFiles, ticket_files
from ..vocabulary import ScanState
from .decorators import Request

# --- in forms ---------------------------------------------------------------------------

# What storing the files of a form raises.
FILE_ERRORS = (InvalidInput, RateLimited, StorageUnavailable)


@dataclass(frozen=True, slots=True)
class EarlierFileChoice:
    """A file that the desk has, offered in a form so that nobody has to choose it again."""

    value: str
    name: str
    size: int


def count_files(request: Request, files: Iterable[NewFile]) -> None:
    """Count what somebody who has not signed in uploads. Raise RateLimited."""
    size = sum(file.size for file in files if isinstance(file, ReceivedFile))
    count_upload(request, actor_of(request), size)


def earlier_files(request: Request, form: forms.Form) -> list[EarlierFileChoice]:
    """Store the accepted files of a form that is refused, to offer them in it again.

    Return nothing if they cannot be stored.
    """
    if not form.is_bound or not isinstance(form, FilesForm):
        return []
    files = form.accepted_files
    try:
        count_files(request, files)
        rows = store_unattached(files)
    except FILE_ERRORS:
        return []
    return [
        EarlierFileChoice(sign_earlier_file(row, file.name), file.name, file.size)
        for file, row in zip(files, rows, strict=True)
    ]


def attached_files(attachments: Iterable[Attachment]) -> list[EarlierFileChoice]:
    """Offer the files of a reply that was taken back."""
    return [
        EarlierFileChoice(sign_earlier_file(each.file, each.name), each.name, each.file.size)
        for each in attachments
    ]


def add_file_error(form: forms.Form, error: DeskError) -> int:
    """Say in the form why its files could not be stored. Return the status of the answer."""
    if isinstance(error, InvalidInput) and "files" not in error.errors:
        raise error
    reason = texts.TOO_MUCH_TODAY if isinstance(error, RateLimited) else error.detail
    form.add_error("files", str(reason))
    if isinstance(form, FilesForm) and not isinstance(error, InvalidInput):
        form.accepted_files = []  # storing them would fail again
    return {RateLimited: 429, StorageUnavailable: 503}.get(type(error), 400)


# --- below messages ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AttachedFile:
    """A file as a page shows it. Without a `url` it cannot be opened, and `note` says why."""

    name: str
    size: int
    url: str
    thumbnail: str  # its address; "" if there is none
    note: str


class AgentFiles:
    """The files of a ticket, as agents see them."""

    def __init__(self, ticket: Ticket, *, is_empty: bool = False) -> None:
        self._ticket = ticket
        self._files = TicketFiles() if is_empty else ticket_files(ticket)

    def below(self, text: Any) -> list[AttachedFile]:
        return [self._on_page(each) for each in self._files.below(text)]

    def _on_page(self, attachment: Attachment) -> AttachedFile:
        file = attachment.file
        address = [self._ticket.pk, attachment.pk]
        note = ""
        if file.scan_state == ScanState.WAITING:
            note = "not scanned for viruses yet"
        if file.scan_state == ScanState.REFUSED:
            note = f"refused by the virus scanner ({file.scan_result})"
        can_open = file.scan_state != ScanState.REFUSED
        return AttachedFile(
            attachment.name,
            file.size,
            reverse("attachment", args=address) if can_open else "",
            reverse("thumbnail", args=address) if file.thumbnail and can_open else "",
            note,
        )


class RequesterFiles:
    """The files of a ticket that its requester may see."""

    def __init__(self, ticket: Ticket, secret: str) -> None:
        self._secret = secret
        self._files = ticket_files(ticket, for_requester=True)

    def below(self, text: Any) -> list[AttachedFile]:
        return [self._on_page(each) for each in self._files.below(text)]

    def all(self) -> list[AttachedFile]:
        groups = [self._files.description, *self._files.comments.values()]
        return [self._on_page(each) for group in groups for each in group]

    def _on_page(self, attachment: Attachment) -> AttachedFile:
        file = attachment.file
        address = [self._secret, attachment.pk]
        note = {
            ScanState.WAITING: texts.FILE_WAITS,
            ScanState.REFUSED: texts.FILE_REFUSED,
        }.get(ScanState(file.scan_state), "")
        return AttachedFile(
            attachment.name,
            file.size,
            "" if note else reverse("requester-attachment", args=address),
            reverse("requester-thumbnail", args=address) if file.thumbnail and not note else "",
            str(note),
        )
