"""How many messages one worker receives, threads and triages in a second.

    make bench ARGS="throughput --tickets 20000"

Messages are stored as every way in stores them; then a worker of its own handles them. A third of
them are new tickets, a third answers by the signed address, a third answers by In-Reply-To.
"""

from __future__ import annotations

import time

from django.db import connection

from tickets.models.incoming import InboundMessage
from tickets.models.ticket import Ticket
from tickets.services.mail import signed_addresses
from tickets.services.mail.incoming.receive import receive
from tickets.tests.worker import work
from tickets.vocabulary import InboundState

MESSAGES = 600
ADDRESS = "support@desk.example"
TEXT = """Hello,

the export of last month stops at row {number} with the message "invalid date". I tried it in two
browsers. Could you have a look before Friday? We need the figures for our tax adviser.

Kind regards
Person {number}
"""


def main() -> None:
    """Print the figures. Call it within `sample_database`."""
    tickets = list(Ticket.objects.order_by("-pk")[: MESSAGES // 3])
    for ticket in tickets:
        ticket.issue_link()
    Ticket.objects.bulk_update(tickets, ["link_nonce", "link_digest"])
    start = time.perf_counter()
    for number, ticket in enumerate(tickets):
        for raw in messages(number, ticket):
            receive(raw)
    stored = time.perf_counter()
    work()
    handled = time.perf_counter()
    states = InboundMessage.objects.filter(state=InboundState.HANDLED).count()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'")
        [waiting] = cursor.fetchone() or [0]
    count = 3 * len(tickets)
    print(f"{count} messages, {states} handled, {waiting} jobs left for later")
    print(f"stored:  {count / (stored - start):6.1f} a second")
    print(f"handled: {count / (handled - stored):6.1f} a second by one worker, mail and triage too")


def messages(number: int, ticket: Ticket) -> list[bytes]:
    """Return a new message, and two answers: to the ticket, and to the new message."""
    new = message(number, f"<new-{number}@throughput.example>", ADDRESS)
    answer = message(
        number,
        f"<answer-{number}@throughput.example>",
        signed_addresses.ticket_address(ADDRESS, ticket),
        sender=ticket.requester_email,
    )
    reference = f"In-Reply-To: <new-{number}@throughput.example>\r\n"
    reply = message(number, f"<reply-{number}@throughput.example>", ADDRESS, reference)
    return [new, answer, reply]


def message(number: int, message_id: str, to: str, extra: str = "", sender: str = "") -> bytes:
    return (
        f"From: Person {number} <{sender or f'person{number}@example.org'}>\r\nTo: {to}\r\n"
        f"Subject: Export stops at row {number}\r\nMessage-ID: {message_id}\r\n{extra}"
        "Date: Sun, 29 Nov 2026 10:00:00 +0000\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
        + TEXT.format(number=number).replace("\n", "\r\n")
    ).encode()
