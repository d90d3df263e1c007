"""Bytes go with their last attachment, and never while another one needs them."""

import threading
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.db import connection, transaction
from django.utils import timezone

from tickets.access.actors import SYSTEM
from tickets.models.attachments import Attachment, StoredFile
from tickets.services.attachments import deletion
from tickets.services.attachments.attaching import store_unattached
from tickets.services.attachments.processing import process_file
from tickets.services.attachments.storage import storage
from tickets.services.attachments.storing import receive_file
from tickets.services.housekeeping import purge_expired
from tickets.services.merging import merge_tickets
from tickets.services.tickets import delete_ticket
from tickets.tests.attachments.attaching import attach_content
from tickets.tests.factories import TicketFactory
from tickets.tests.locks import wait_for_lock
from tickets.tests.worker import work

from . import samples
from .test_storing import files_in

pytestmark = pytest.mark.django_db


@pytest.mark.django_db(transaction=True)
def test_deleting_a_ticket_deletes_its_bytes(each_storage):
    ticket = TicketFactory()
    file = attach_content(ticket, samples.png(), "photo.png")
    process_file(file.file_id)
    assert len(files_in(each_storage)) == 2
    delete_ticket(ticket.pk, SYSTEM)
    work()
    assert files_in(each_storage) == []
    assert not StoredFile.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_bytes_that_another_ticket_has_stay(in_directory):
    ticket, other = TicketFactory(), TicketFactory()
    for each in (ticket, other):
        attach_content(each, samples.TEXT, "log.txt")
    delete_ticket(ticket.pk, SYSTEM)
    work()
    assert len(files_in(in_directory)) == 1
    delete_ticket(other.pk, SYSTEM)
    work()
    assert files_in(in_directory) == []


@pytest.mark.django_db(transaction=True)
def test_the_files_of_merged_tickets_go_as_well(in_directory):
    source, target = TicketFactory(), TicketFactory()
    attach_content(source, samples.TEXT, "log.txt")
    merge_tickets(source.pk, target.pk, SYSTEM, same_requester=True)
    delete_ticket(target.pk, SYSTEM)
    work()
    assert files_in(in_directory) == []


@pytest.mark.django_db(transaction=True)
def test_a_deletion_waits_for_somebody_who_attaches_the_same_bytes(in_directory):
    first = attach_content(TicketFactory(), samples.TEXT, "log.txt")
    ticket = TicketFactory()
    Attachment.objects.filter(pk=first.pk).delete()
    attached, deleting = threading.Event(), threading.Event()

    def attach_slowly():
        with transaction.atomic():
            attach_content(ticket, samples.TEXT, "log.txt")
            attached.set()
            deleting.wait(30)
            wait_for_lock()
        connection.close()

    thread = threading.Thread(target=attach_slowly)
    thread.start()
    attached.wait(30)
    deleting.set()
    deletion.delete_unused(first.file_id)
    thread.join()
    work()
    [attachment] = Attachment.objects.all()
    with storage().open(attachment.file.name) as file:
        assert file.read() == samples.TEXT


@pytest.mark.django_db(transaction=True)
def test_bytes_that_are_attached_after_a_deletion_are_stored_anew(in_directory):
    first = attach_content(TicketFactory(), samples.TEXT, "log.txt")
    Attachment.objects.filter(pk=first.pk).delete()
    deletion.delete_unused(first.file_id)
    # Its job has not run, and the bytes are still there.
    second = attach_content(TicketFactory(), samples.TEXT, "log.txt")
    work()
    assert second.file.name != first.file.name
    assert files_in(in_directory) == [second.file.name]


@pytest.mark.django_db(transaction=True)
def test_two_who_store_the_same_bytes_at_once_share_them(in_directory):
    tickets = TicketFactory.create_batch(6)
    start = threading.Barrier(len(tickets))
    problems = []

    def attach(ticket):
        start.wait()
        try:
            attach_content(ticket, samples.TEXT, "log.txt")
        except Exception as error:
            problems.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=attach, args=[ticket]) for ticket in tickets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert StoredFile.objects.count() == 1
    assert Attachment.objects.count() == len(tickets)
    assert files_in(in_directory) == [StoredFile.objects.get().name]


@pytest.mark.django_db(transaction=True)
def test_what_no_form_has_sent_goes_after_a_day(in_directory):
    file = receive_file("log.txt")
    file.write(samples.TEXT)
    store_unattached([file])
    purge_expired()
    work()
    assert len(files_in(in_directory)) == 1
    StoredFile.objects.update(created_at=timezone.now() - timedelta(hours=25))
    purge_expired()
    work()
    assert files_in(in_directory) == []


def test_bytes_without_a_row_go_after_a_day(each_storage):
    attachment = attach_content(TicketFactory(), samples.png(), "photo.png")
    process_file(attachment.file_id)
    each_storage.save("ab/abandoned", ContentFile(b"x"))
    assert deletion.remove_orphans(timezone.now() - timedelta(days=1)) == 0
    assert deletion.remove_orphans(timezone.now() + timedelta(minutes=1)) == 1
    assert len(files_in(each_storage)) == 2
