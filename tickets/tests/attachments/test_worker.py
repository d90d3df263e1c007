"""Files hold up nothing but files."""

import signal
import socket
import time

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from tickets.access.actors import SYSTEM
from tickets.models.attachments import StoredFile
from tickets.models.mail import Email
from tickets.services import tickets
from tickets.services.attachments.processing import process_file
from tickets.services.mail.delivery import send_email
from tickets.tests.attachments.attaching import attach_content
from tickets.tests.factories import TicketFactory
from tickets.tests.worker import worker_process
from tickets.vocabulary import MailState

from . import samples

pytestmark = pytest.mark.django_db(transaction=True)
TEXT = {
    "title": "Charged",
    "description": "You charge me twice.",
    "requester_email": "kim@example.org",
}


def test_mail_goes_out_while_sixty_images_wait(settings):
    """The scanner takes the first and says nothing about it."""
    with socket.create_server(("127.0.0.1", 0)) as scanner:
        host, port = settings.ATTACHMENT_SCAN = scanner.getsockname()
        large, *_ = samples.large_images_of_one_color()
        for first in (0, 20, 40):
            ticket = TicketFactory()
            for number in range(first, first + 20):
                attach_content(ticket, large + bytes(number), f"{number}.webp")
        with worker_process(ATTACHMENT_SCAN=f"clamd://{host}:{port}") as process:
            scanner.settimeout(20)
            scan, _ = scanner.accept()
            with scan:
                tickets.create_ticket(TEXT, SYSTEM)
                wait_for_email()
                scanner.settimeout(0.5)
                with pytest.raises(TimeoutError):  # one at a time
                    scanner.accept()
                assert StoredFile.objects.waiting_for_scan().count() == 60
            scanner.close()
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0


def test_a_worker_of_all_queues_takes_files_last():
    attach_content(TicketFactory(), samples.png(), "photo.png")
    tickets.create_ticket(TEXT, SYSTEM)
    in_order = ProcrastinateJob.objects.order_by("-priority", "pk")  # as a worker takes them
    names = list(in_order.values_list("task_name", flat=True))
    assert names[0] == send_email.name
    assert names[-1] == process_file.name


def wait_for_email():
    deadline = time.monotonic() + 5
    while Email.objects.get().state != MailState.PRINTED:
        assert time.monotonic() < deadline
        time.sleep(0.1)
