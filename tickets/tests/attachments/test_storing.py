"""Bytes in the storage: once, whole or not at all. The same for a directory and for a bucket."""

import errno
import os
import socket
import stat

import pytest
from django.core.files.base import ContentFile
from django.db import transaction

from tickets.exceptions import InvalidInput, StorageUnavailable
from tickets.files.received import MIB, EarlierFile, ReceivedFile
from tickets.forms.files import AttachmentForm
from tickets.models.attachments import Attachment, StoredFile
from tickets.services.attachments import bucket
from tickets.services.attachments.attaching import attach
from tickets.services.attachments.storage import storage
from tickets.services.attachments.storing import receive_file, storing
from tickets.tests.attachments.attaching import attach_content
from tickets.tests.factories import CommentFactory, TicketFactory

from . import samples

pytestmark = pytest.mark.django_db


def files_in(storage, path=""):
    try:
        directories, files = storage.listdir(path)
    except FileNotFoundError:  # nothing was ever stored
        return []
    inner = [files_in(storage, f"{path}/{name}".strip("/")) for name in directories]
    return [f"{path}/{name}".strip("/") for name in files] + [n for each in inner for n in each]


def received(content=samples.TEXT, name="log.txt"):
    file = receive_file(name)
    file.write(content)
    return file


def test_a_bucket_that_does_not_answer_is_asked_twice(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "desk")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setattr(bucket, "READ_TIMEOUT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        options = {"bucket_name": "files", "endpoint_url": endpoint, "region_name": "us-east-1"}
        silent_bucket = bucket.BucketStorage(**options)
        with pytest.raises(OSError):
            silent_bucket.exists("ab/cdef")
        silent.settimeout(0)
        for _ in range(bucket.ATTEMPTS):
            silent.accept()[0].close()
        with pytest.raises(BlockingIOError):
            silent.accept()


# --- the contract of both storages ------------------------------------------------------


def test_a_storage_returns_what_it_was_given(each_storage):
    name = each_storage.save("ab/cdef", ContentFile(samples.png()))
    with each_storage.open(name) as file:
        assert b"".join(file.chunks(10)) == samples.png()
    assert each_storage.exists(name)
    assert files_in(each_storage) == [name]
    each_storage.delete(name)
    assert not each_storage.exists(name)
    each_storage.delete(name)  # again
    assert files_in(each_storage) == []


def test_a_storage_says_that_a_file_is_missing(each_storage):
    with pytest.raises(FileNotFoundError), each_storage.open("ab/missing") as file:
        file.read()


def test_bytes_that_were_lost_come_back_with_the_next_copy(each_storage):
    """A restored backup may have rows whose bytes were deleted while it was made."""
    first = attach_content(TicketFactory(), samples.TEXT, "log.txt")
    each_storage.delete(first.file.name)
    second = attach_content(TicketFactory(), samples.TEXT, "log.txt")
    assert second.file == first.file
    [name] = files_in(each_storage)
    assert second.file.name == name
    with each_storage.open(name) as file:
        assert file.read() == samples.TEXT


def test_the_same_bytes_are_stored_once(each_storage):
    ticket = TicketFactory()
    one = attach_content(ticket, samples.TEXT, "one.txt")
    two = attach_content(TicketFactory(), samples.TEXT, "two.txt")
    assert one.file == two.file
    assert (one.name, two.name) == ("one.txt", "two.txt")
    assert files_in(each_storage) == [one.file.name]
    with each_storage.open(one.file.name) as file:
        assert file.read() == samples.TEXT


def test_a_transaction_that_fails_leaves_nothing(each_storage):
    file = received()
    with pytest.raises(InvalidInput), storing([file]), transaction.atomic():  # noqa: PT012
        attach(TicketFactory(), [file])
        raise InvalidInput
    assert files_in(each_storage) == []
    assert not StoredFile.objects.exists()


def test_one_file_that_cannot_be_stored_takes_back_the_others(each_storage):
    good, bad = received(b"good"), received(b"bad")
    os.close(bad.content.fileno())  # reading it is an error from now on
    with pytest.raises(StorageUnavailable), storing([good, bad]):
        raise AssertionError("nothing may be attached")
    assert files_in(each_storage) == []


def test_a_bucket_that_is_gone_is_said(settings, in_bucket):
    options = in_bucket_options(settings) | {"endpoint_url": "http://127.0.0.1:9"}
    value = settings.STORAGES["attachments"] | {"OPTIONS": options}
    settings.STORAGES = settings.STORAGES | {"attachments": value}
    with pytest.raises(StorageUnavailable):
        attach_content(TicketFactory(), samples.TEXT, "log.txt")
    assert not Attachment.objects.exists()


def in_bucket_options(settings):
    return settings.STORAGES["attachments"]["OPTIONS"]


# --- a directory ------------------------------------------------------------------------


def test_only_our_account_can_read_files(in_directory):
    name = storage().save("ab/cdef", ContentFile(b"x"))
    path = in_directory.path(name)
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(os.path.dirname(path)).st_mode) == 0o700


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_disk_leaves_nothing(in_directory):
    class Endless(ContentFile):
        def chunks(self, chunk_size=None):
            yield b"x" * 1000
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError):
        in_directory.save("ab/cdef", Endless(b"x"))
    assert files_in(in_directory) == []


def test_a_directory_that_cannot_be_written_is_said(settings, tmp_path):
    (tmp_path / "taken").write_text("a file, where the directory should be")
    value = settings.STORAGES["attachments"] | {"OPTIONS": {"location": str(tmp_path / "taken")}}
    settings.STORAGES = settings.STORAGES | {"attachments": value}
    with pytest.raises(StorageUnavailable):
        attach_content(TicketFactory(), samples.TEXT, "log.txt")
    assert not StoredFile.objects.exists()


# --- receiving --------------------------------------------------------------------------


def test_a_file_that_is_received_has_no_name_on_the_disk(in_directory):
    file = received(b"x" * MIB)
    assert files_in(in_directory) == []
    assert (file.size, file.content.read(2)) == (MIB, b"xx")


def test_what_comes_past_the_limit_is_dropped(tmp_path):
    file = ReceivedFile("big.bin", 10, tmp_path)
    file.write(b"x" * 10)
    assert not file.problem
    file.write(b"x")
    assert "larger" in str(file.problem)
    file.write(b"x" * 1000)
    assert file.size == 1011


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_disk_that_is_full_while_a_file_arrives_is_a_problem_of_the_file(tmp_path):
    file = ReceivedFile("log.txt", 1000, tmp_path)
    file._file.close()
    file._file = open("/dev/full", "wb", buffering=0)  # noqa: SIM115
    file.write(b"x" * 100)
    assert "could not be stored" in str(file.problem)


@pytest.mark.skipif(not os.path.exists("/proc/self/fdinfo"), reason="needs /proc")
def test_mail_waits_while_the_disk_is_full(full_disk):
    """A file that is refused never comes back, but a message that waits does."""
    with pytest.raises(StorageUnavailable):
        attach_content(TicketFactory(), samples.TEXT, "log.txt")
    assert not StoredFile.objects.exists()


@pytest.mark.skipif(not os.path.exists("/proc/self/fdinfo"), reason="needs /proc")
def test_a_program_is_told_to_try_again_while_the_disk_is_full(full_disk):
    file = received()
    with pytest.raises(StorageUnavailable):
        AttachmentForm({}, {"file": file}).full_clean()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("../../etc/passwd", "passwd"),
        ("..", "attachment"),
        ("C:\\Users\\kim\\photo.png", "photo.png"),
        ("a\x00b.txt", "ab.txt"),
        ("photo\u202egnp.exe.png", "photognp.exe.png"),
        ("e\u0301.txt", "\u00e9.txt"),
        ("x" * 300 + ".png", "x" * 196 + ".png"),
    ],
)
def test_names_are_cleaned(name, expected):
    assert attach_content(TicketFactory(), samples.TEXT, name).name == expected


# --- limits -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "name", "reason"),
    [
        (b"", "empty.txt", "empty"),
        (samples.EXE, "photo.png", "program"),
        (samples.TEXT, "run.bat", "program"),
        (b"x" * (10 * MIB + 1), "big.bin", "larger than 10 MB"),
    ],
)
def test_a_refused_file_says_why(content, name, reason):
    ticket = TicketFactory()
    with pytest.raises(InvalidInput) as refused:
        attach_content(ticket, content, name)
    assert reason in refused.value.detail
    assert name in refused.value.detail
    assert not StoredFile.objects.exists()


def test_a_message_has_20_files(in_directory):
    ticket, comment = TicketFactory(), None
    comment = CommentFactory(ticket=ticket)
    for number in range(20):
        attach_content(ticket, b"%d" % number, "a.txt", comment=comment)
    with pytest.raises(InvalidInput) as refused:
        attach_content(ticket, b"more", "a.txt", comment=comment)
    assert "20" in refused.value.detail
    attach_content(ticket, b"more", "a.txt")  # the description has its own
    assert len(files_in(in_directory)) == 21


def test_a_ticket_has_50_megabytes(settings, in_directory):
    settings.ATTACHMENT_TICKET_MB = 1
    ticket = TicketFactory()
    attach_content(ticket, b"x" * 600_000, "a.bin")
    with pytest.raises(InvalidInput) as refused:
        attach_content(ticket, b"y" * 600_000, "b.bin")
    assert "1 MB" in refused.value.detail
    assert len(files_in(in_directory)) == 1


def test_an_earlier_file_that_is_gone_is_refused():
    earlier = EarlierFile("log.txt", "0" * 64, 5)
    with pytest.raises(InvalidInput) as refused:
        attach(TicketFactory(), [earlier])
    assert "log.txt" in refused.value.errors["files"][0]


def test_files_keep_their_order(in_directory):
    files = [received(b"%d" % number, f"{number}.txt") for number in (3, 1, 2)]
    ticket = TicketFactory()
    with storing(files):
        attach(ticket, files)
    assert [each.name for each in ticket.attachments.all()] == ["3.txt", "1.txt", "2.txt"]
