"""Questions to the table of tickets: ours, and as they are usually asked."""

from __future__ import annotations

from collections import Counter

from tickets.models.ticket import Ticket
from tickets.querysets.cursors import write_cursor

from .filled import SENDER, WORD, Pair

PAGE = 50


def pairs(tickets: int) -> list[Pair]:
    newest = Ticket.objects.newest_first()
    deep = tickets // 2
    cursor_at_depth = newest.page(deep).older
    cursor_back = write_cursor(newest[deep], newer=True)
    containing = Ticket.objects.filter(description__icontains=WORD) | Ticket.objects.filter(
        title__icontains=WORD
    )
    return [
        (
            f"page of {PAGE} behind {deep:,} rows",
            lambda: [t.pk for t in Ticket.objects.page(PAGE, cursor_at_depth).rows],
            lambda: [t.pk for t in newest[deep : deep + PAGE]],
        ),
        (
            f"the {PAGE} rows before those",
            lambda: [t.pk for t in Ticket.objects.page(PAGE, cursor_back).rows],
            lambda: [t.pk for t in newest[deep - PAGE : deep]],
        ),
        (
            "search for an address",
            lambda: [t.pk for t in Ticket.objects.search(f"from:{SENDER}").page(PAGE).rows],
            lambda: [t.pk for t in newest.filter(requester_email__icontains=SENDER)[:PAGE]],
        ),
        (
            "search for a rare word",
            lambda: [t.pk for t in Ticket.objects.search(WORD).page(PAGE).rows],
            lambda: [t.pk for t in containing.order_by("-created_at", "-id")[:PAGE]],
        ),
        (
            "first page of open, critical",
            lambda: [t.pk for t in urgent().page(PAGE).rows],
            lambda: [t.pk for t in sorted(urgent(), key=lambda t: t.created_at)[::-1][:PAGE]],
        ),
        (
            "breakdown by status",
            lambda: Ticket.objects.counts_by_status(),
            lambda: dict(Counter(t.status for t in Ticket.objects.only("status").iterator())),
        ),
    ]


def urgent():
    return Ticket.objects.filtered({"status": ["open"], "priority": ["critical"]})
