"""Queries on the table of tickets: our way and the usual way."""

from __future__ import annotations

from collections import Counter
from typing import Any

from tickets.models.ticket import Ticket
from tickets.querysets.cursors import Cursor

from .harness import RARE_TERM, SENDER, Pair

PAGE_SIZE = 50


def pairs(tickets: int) -> list[Pair]:
    newest = Ticket.objects.newest_first()
    deep = tickets // 2
    next_cursor = newest.page(deep).older
    previous_cursor = Cursor.at(newest[deep], backwards=True).write()
    containing = Ticket.objects.filter(description__icontains=RARE_TERM) | Ticket.objects.filter(
        title__icontains=RARE_TERM
    )
    return [
        (
            f"page of {PAGE_SIZE} after {deep:,} rows",
            lambda: [ticket.pk for ticket in Ticket.objects.page(PAGE_SIZE, next_cursor).rows],
            lambda: [ticket.pk for ticket in newest[deep : deep + PAGE_SIZE]],
        ),
        (
            f"the {PAGE_SIZE} rows before those",
            lambda: [ticket.pk for ticket in Ticket.objects.page(PAGE_SIZE, previous_cursor).rows],
            lambda: [ticket.pk for ticket in newest[deep - PAGE_SIZE : deep]],
        ),
        (
            "search for an address",
            lambda: [
                ticket.pk for ticket in Ticket.objects.search(f"from:{SENDER}").page(PAGE_SIZE).rows
            ],
            lambda: [
                ticket.pk for ticket in newest.filter(requester_email__icontains=SENDER)[:PAGE_SIZE]
            ],
        ),
        (
            "search for a rare term",
            lambda: [ticket.pk for ticket in Ticket.objects.search(RARE_TERM).page(PAGE_SIZE).rows],
            lambda: [ticket.pk for ticket in containing.order_by("-created_at", "-id")[:PAGE_SIZE]],
        ),
        (
            "first page of open, critical",
            lambda: [ticket.pk for ticket in open_critical().page(PAGE_SIZE).rows],
            lambda: [
                ticket.pk
                for ticket in sorted(open_critical(), key=lambda ticket: ticket.created_at)[::-1][
                    :PAGE_SIZE
                ]
            ],
        ),
        (
            "breakdown by status",
            lambda: Ticket.objects.counts_by_status(),
            lambda: dict(
                Counter(ticket.status for ticket in Ticket.objects.only("status").iterator())
            ),
        ),
    ]


def open_critical() -> Any:
    return Ticket.objects.filtered({"status": ["open"], "priority": ["critical"]})
