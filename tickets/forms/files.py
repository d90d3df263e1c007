"""Files in forms: those that were just sent, and those that the desk has from before."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from .. import requester_texts as texts
from ..exceptions import StorageUnavailable
from ..files.received import EarlierFile, NewFile, ReceivedFile
from ..models.attachments import StoredFile
from ..vocabulary import EARLIER_FILE_LIFETIME, MAX_FILES_PER_MESSAGE
from .base import InputForm
from .fields import NumberField

EARLIER_FILE_SALT = "tickets.earlier-file"


def sign_earlier_file(row: StoredFile, name: str) -> str:
    """Return what names a stored file in a form, so that nobody has to choose it again."""
    return signing.dumps([row.pk, name], salt=EARLIER_FILE_SALT)


@dataclass(frozen=True, slots=True)
class SentFiles:
    received: list[ReceivedFile]
    earlier: list[str]  # signed


class FilesInput(forms.Widget):
    """Read the files of a form, and the `earlier_files` that it names."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> SentFiles:
        # Forms are also made from plain mappings, which have no files.
        received = files.getlist(name) if hasattr(files, "getlist") else []
        earlier = data.getlist("earlier_files") if hasattr(data, "getlist") else []
        return SentFiles(received, earlier)


class FilesField(forms.Field):
    """Cleans to a list of NewFile. `FilesForm` checks each."""

    widget = FilesInput

    def __init__(self) -> None:
        super().__init__(required=False, label=_("Files"))


class FilesForm(forms.Form):
    """A text that may come with files.

    `accepted_files` are those without a problem, also if the form as a whole is refused.
    """

    files = FilesField()  # type: ignore[assignment]  # Django's attribute is the instance's
    accepted_files: list[NewFile]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.accepted_files = []

    def clean_files(self) -> list[NewFile]:
        sent: SentFiles = self.cleaned_data["files"]
        problems = [str(file.problem) for file in sent.received if file.problem]
        accepted: list[NewFile] = [file for file in sent.received if not file.problem]
        try:
            accepted = [*_earlier_files(sent.earlier), *accepted]
        except (signing.BadSignature, StoredFile.DoesNotExist):
            problems.append(str(texts.EARLIER_FILES_ARE_GONE))
        if len(accepted) > MAX_FILES_PER_MESSAGE:
            problems.append(str(texts.TOO_MANY_FILES % {"limit": MAX_FILES_PER_MESSAGE}))
            accepted = accepted[:MAX_FILES_PER_MESSAGE]
        self.accepted_files = accepted
        if problems:
            raise ValidationError(problems)
        return accepted


def _earlier_files(signed: Iterable[str]) -> list[EarlierFile]:
    """Raise BadSignature, and DoesNotExist for a file that was deleted since."""
    named = [
        signing.loads(each, salt=EARLIER_FILE_SALT, max_age=EARLIER_FILE_LIFETIME)
        for each in dict.fromkeys(signed)
    ]
    rows = StoredFile.objects.in_bulk([key for key, _ in named])
    if len(rows) < len({key for key, _ in named}):
        raise StoredFile.DoesNotExist
    return [EarlierFile(name, rows[key].sha256, rows[key].size) for key, name in named]


class UploadField(forms.Field):
    """One file. Cleans to a ReceivedFile."""

    json_types: tuple[type, ...] = (ReceivedFile,)
    json_null = False
    widget = forms.FileInput
    default_error_messages = {"required": "Send a file under this name."}

    def clean(self, value: Any) -> ReceivedFile:
        file = super().clean(value)
        if not isinstance(file, ReceivedFile):
            raise ValidationError(self.error_messages["required"])
        if file.is_unwritable:
            raise StorageUnavailable  # nothing is wrong with the file: send it again later
        if file.problem:
            raise ValidationError(str(file.problem))
        return file


class AttachmentForm(InputForm):
    """A file for a ticket's description, or for one of its comments."""

    file = UploadField()
    comment = NumberField(min_value=1, max_value=2**63 - 1, required=False)
