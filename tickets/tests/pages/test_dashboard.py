"""The dashboard: figures, bars, tickets per day, and updates."""

import html
import re
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from django.test import Client
from django.utils import timezone

from tickets.access.actors import SYSTEM
from tickets.audit.trail import audit_trail
from tickets.models.housekeeping import Counter
from tickets.models.incoming import InboundMessage, Mailbox, MailboxFetch
from tickets.models.mail import BouncedAddress, Email
from tickets.models.ticket import Ticket
from tickets.pages import charts
from tickets.pages.templatetags.charts import duration, span_name
from tickets.services.comments import add_comment, add_reply
from tickets.services.mail.limits import DESK_COUNTER, HELD_COUNTER
from tickets.services.tickets import create_ticket, delete_ticket, update_ticket
from tickets.tests.factories import AdminFactory, AgentFactory, CommentFactory, TicketFactory
from tickets.web.wording import precise_percentage

PERIODS = (7, 30, 90, 0)


def page_of(client, query=""):
    return client.get("/dashboard/" + query).content.decode()


def figures(page):
    rows = re.findall(r"<dt>([^<]+)</dt><dd>(?:<a[^>]*>)?([^<]+)<", page)
    return {name: value.strip().replace("\N{NO-BREAK SPACE}", " ") for name, value in rows}


def details(page):
    """Return the small print below each figure."""
    rows = re.findall(r"<dt>([^<]+)</dt><dd>.*?</dd><dd class=\"more\">(.*?)</dd>", page)
    texts = {name: re.sub("<[^>]+>", "", markup) for name, markup in rows}
    return {name: text.replace("\N{NO-BREAK SPACE}", " ") for name, text in texts.items()}


def count_rows(client, link):
    return client.get(link).content.decode().count('<tr id="row-')


def answered_ticket(hours, **values):
    at = timezone.now() - timedelta(days=3)
    return TicketFactory(created_at=at, first_response_at=at + timedelta(hours=hours), **values)


# --- figures ------------------------------------------------------------------------


def test_it_shows_the_figures(agent):
    TicketFactory(urgency_score=40)
    TicketFactory(urgency_score=61, status="closed")
    assert figures(page_of(agent)) == {
        "Tickets": "2",
        "Open": "1",
        "Per day": "2.0",
        "Average urgency": "50.5",
        "Answers owed": "1",
        "Time to first response": "\N{EN DASH}",
        "Time to resolution": "\N{EN DASH}",
    }


def test_an_empty_desk_has_neither_figures_nor_charts(agent):
    page = page_of(agent)
    assert figures(page)["Average urgency"] == "\N{EN DASH}"
    assert "No tickets in this period." in page
    assert "day-chart" not in page


@pytest.mark.parametrize("days", PERIODS)
def test_a_period_counts_whole_days_until_today(agent, days):
    today = timezone.now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    first = today - timedelta(days=(days or 400) - 1)
    TicketFactory(created_at=first)
    TicketFactory(created_at=first - timedelta(seconds=1))
    page = page_of(agent, f"?days={days}")
    assert figures(page)["Tickets"] == ("1" if days else "2")
    assert re.search(rf'id="period-{days}"[^>]*aria-current="true"', page)


@pytest.mark.parametrize("days", ["8", "-1", "x", "1e3"])
def test_an_unknown_period_is_refused(agent, days):
    assert agent.get(f"/dashboard/?days={days}").status_code == 400


# --- whose turn it is ---------------------------------------------------------------


def linked(client, page, name):
    """Return the ids behind a figure's link, and the figure's text."""
    url, text = re.search(rf'id="{name}" href="([^"]+)">([^<]+)<', page).groups()
    rows = re.findall(r'<tr id="row-(\d+)"', client.get(html.unescape(url)).content.decode())
    return {int(row) for row in rows}, text


@pytest.mark.parametrize("days", [7, 0])
def test_it_tells_how_many_answers_are_owed_and_the_longest_wait(agent, days):
    now = timezone.now()
    long, short = (TicketFactory(waiting_since=now - timedelta(minutes=m)) for m in (130, 5))
    old = TicketFactory(
        created_at=now - timedelta(days=9), waiting_since=now - timedelta(days=9, hours=3)
    )
    waiting_for_them = TicketFactory(waiting_since=None)
    TicketFactory(status="closed")
    page = page_of(agent, f"?days={days}")
    owed = {long.pk, short.pk} | (set() if days else {old.pk})
    assert linked(agent, page, "owed-tickets") == (owed, str(len(owed)))
    assert linked(agent, page, "asked-tickets") == ({waiting_for_them.pk}, "1 waiting for them")
    wait = "2 h 10 min" if days else "9 d 3 h"
    assert details(page)["Answers owed"] == f"the oldest for {wait} · 1 waiting for them"


def test_nothing_is_owed_on_an_answered_desk(agent):
    TicketFactory(waiting_since=None)
    page = page_of(agent)
    assert figures(page)["Answers owed"] == "0"
    assert "nothing waits for us" in details(page)["Answers owed"]


@pytest.mark.parametrize("days", [7, 0])
def test_tickets_without_a_response_or_a_resolution_are_links_to_exactly_those(agent, days):
    now = timezone.now()
    waiting = TicketFactory.create_batch(2)
    answered_ticket(1, waiting_since=None)
    asks_again = answered_ticket(1)
    TicketFactory(status="closed")
    old = TicketFactory(created_at=now - timedelta(days=20))
    page = page_of(agent, f"?days={days}")
    ids = {ticket.pk for ticket in waiting} | (set() if days else {old.pk})
    assert linked(agent, page, "unanswered-tickets") == (ids, f"{len(ids)} waiting")
    active, text = linked(agent, page, "active-tickets")
    assert active >= ids | {asks_again.pk}
    assert text == f"{len(active)} active"


# --- times --------------------------------------------------------------------------


def test_time_to_first_response_has_counts(agent):
    for hours in (1, 2, 3, 4, 5):
        answered_ticket(hours)
    TicketFactory()
    TicketFactory(status="closed")
    page = page_of(agent)
    assert figures(page)["Time to first response"] == "3 h"
    expected = "5 answered, 90% within 4 h 36 min · 1 waiting · 1 finished without a reply"
    assert details(page)["Time to first response"] == expected


def test_time_to_resolution_has_counts(agent):
    at = timezone.now() - timedelta(days=3)
    for hours in (2, 26):
        TicketFactory(status="resolved", created_at=at, resolved_at=at + timedelta(hours=hours))
    TicketFactory(status="in_progress")
    page = page_of(agent)
    assert figures(page)["Time to resolution"] == "14 h"
    expected = "2 finished, 90% within 23 h 36 min · 1 active"
    assert details(page)["Time to resolution"] == expected


def test_times_ignore_tickets_from_before_the_period(agent):
    answered_ticket(2)
    before = timezone.now() - timedelta(days=20)
    TicketFactory(created_at=before, first_response_at=before + timedelta(hours=90))
    assert figures(page_of(agent, "?days=7"))["Time to first response"] == "2 h"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "under 1 min"),
        (29, "under 1 min"),
        (60, "1 min"),
        (3599, "1 h"),
        (12_000, "3 h 20 min"),
        (86_400, "1 d"),
        (86_400 * 2 + 3600 * 4 + 59, "2 d 4 h"),
        (86_400 * 23.4, "23 d"),
        (86_399, "1 d"),
    ],
)
def test_durations(seconds, text):
    assert duration(timedelta(seconds=seconds)).replace("\N{NO-BREAK SPACE}", " ") == text


def test_no_duration_is_a_dash():
    assert duration(None) == "\N{EN DASH}"


# --- when a ticket is answered and finished -----------------------------------------


def reply(ticket, public=True):
    add_comment(ticket, {"body": "Hello", "public": public}, SYSTEM)
    ticket.refresh_from_db()


def change(ticket, **values):
    update_ticket(ticket.pk, values, SYSTEM)
    ticket.refresh_from_db()


def test_the_first_public_reply_of_an_agent_is_the_first_response(ticket):
    reply(ticket, public=False)
    assert ticket.first_response_at is None
    add_reply(ticket, {"body": "Are you there?"})
    ticket.refresh_from_db()
    assert ticket.first_response_at is None
    reply(ticket)
    first = ticket.first_response_at
    assert first == ticket.comments.filter(author_role="agent", public=True).get().created_at
    reply(ticket)
    assert ticket.first_response_at == first


def test_a_reply_is_one_entry_of_the_audit_trail(ticket):
    before = len(audit_trail(ticket))
    reply(ticket)
    assert len(audit_trail(ticket)) == before + 1


def test_resolved_at_is_when_the_ticket_was_first_resolved(ticket):
    change(ticket, status="resolved")
    first = ticket.resolved_at
    assert first == ticket.updated_at
    change(ticket, status="closed", priority="low")
    assert ticket.resolved_at == first


def test_a_reopened_ticket_has_no_resolution_time(ticket):
    change(ticket, status="closed")
    add_reply(ticket, {"body": "It is broken again."})
    ticket.refresh_from_db()
    assert (ticket.status, ticket.resolved_at) == ("open", None)
    change(ticket, status="closed")
    assert ticket.resolved_at == ticket.updated_at


def test_a_ticket_created_as_closed_was_resolved_when_created(db):
    ticket = create_ticket(
        {"title": "Moved in", "description": "It was solved by telephone.", "status": "closed"},
        SYSTEM,
    )
    assert Ticket.objects.get().resolved_at == ticket.created_at


# --- bars ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "value"),
    [("priority", "high"), ("category", "billing"), ("status", "resolved"), ("sentiment", "angry")],
)
def test_bars_link_to_the_tickets_that_they_count(agent, kind, value):
    TicketFactory.create_batch(2, **{kind: value})
    TicketFactory()
    TicketFactory(**{kind: value}, created_at=timezone.now() - timedelta(days=40))
    page = page_of(agent)
    row = re.search(rf'<tr class="{kind}-{value}">.*?</tr>', page, re.S)[0]
    assert re.findall(r"<td[^>]*>([^<]+)</td>", row) == ["2", "67%"]
    assert count_rows(agent, html.unescape(re.search(r'href="([^"]+)"', row)[1])) == 2


@pytest.mark.parametrize("days", PERIODS)
def test_every_link_leads_to_as_many_tickets_as_its_number(agent, days):
    for ago in (0, 5, 6, 20, 60, 300):
        TicketFactory(created_at=timezone.now() - timedelta(days=ago))
    page = page_of(agent, f"?days={days}")
    figure = r'href="(/tickets/[^"]*)">(\d+)</a></dd>'
    row = r'href="(/tickets/[^"]*)">.*?</a></th>\s*<td>(\d+)</td>'
    links = re.findall(figure, page) + re.findall(row, page)
    assert len(links) > 2 + 16
    for link, count in links:
        assert count_rows(agent, html.unescape(link)) == int(count), link


def test_a_bar_is_as_long_as_its_share():
    bars = {bar.value: (bar.width, bar.share) for bar in charts.bars({"a": 3, "b": 1, "c": 0})}
    assert bars == {"a": (75.0, "75%"), "b": (25.0, "25%"), "c": (0.0, "0%")}


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [(1, 1000, "<1%"), (999, 1000, ">99%"), (0, 5, "0%"), (5, 5, "100%"), (0, 0, "0%")],
)
def test_shares_are_not_rounded_to_nothing_or_all(part, whole, text):
    assert precise_percentage(part, whole) == text


# --- tickets per day ----------------------------------------------------------------


def test_days_link_to_their_tickets(agent):
    today = timezone.now().astimezone(UTC).date()
    midnight = datetime(today.year, today.month, today.day, tzinfo=UTC)
    TicketFactory(created_at=midnight)
    TicketFactory(created_at=midnight - timedelta(seconds=1))
    page = page_of(agent)
    link = html.unescape(re.search(rf'id="day-{today}" href="([^"]+)"', page)[1])
    assert count_rows(agent, link) == 1


def test_the_chart_is_also_a_table(agent):
    TicketFactory()
    page = page_of(agent)
    assert len(re.findall("<rect [^>]*><title>", page)) == 1
    table = re.search(r'<details id="day-table">.*?</details>', page, re.S)[0]
    assert table.count("<tr>") == 31


@pytest.mark.parametrize(
    ("first", "step", "bars"),
    [
        (date(2026, 1, 1), "day", 90),
        (date(2025, 12, 30), "day", 92),
        (date(2025, 12, 29), "week", 14),
        (date(2024, 7, 1), "week", 92),
        (date(2024, 6, 1), "month", 22),
    ],
)
def test_a_long_period_groups_days_into_weeks_or_months(first, step, bars):
    last = date(2026, 3, 31)
    actual_step, spans = charts.spans_of(first, last)
    assert (actual_step, len(spans)) == (step, bars)
    assert spans[0].first <= first < spans[0].after
    assert spans[-1].first <= last < spans[-1].after
    assert all(span.after == following.first for span, following in pairwise(spans))


def test_the_bars_count_every_ticket():
    first, last = date(2023, 5, 17), date(2026, 2, 28)
    per_day = {first + timedelta(days=n): n % 5 for n in range((last - first).days + 1)}
    chart = charts.day_chart(per_day, first, last)
    assert sum(bar.count for bar in chart.columns) == sum(per_day.values())
    assert max(bar.height for bar in chart.columns) <= charts.HEIGHT


@pytest.mark.parametrize(
    ("step", "text"),
    [("day", "2 Feb 2026"), ("week", "Week of 2 Feb 2026"), ("month", "February 2026")],
)
def test_bars_are_named_by_their_days(step, text):
    span = charts.Span(date(2026, 2, 2), date(2026, 2, 9))
    assert span_name(span, step) == text


# --- updates ------------------------------------------------------------------------


def test_an_unchanged_dashboard_is_not_sent_again(agent):
    TicketFactory()
    etag = agent.get("/dashboard/")["ETag"]
    assert agent.get("/dashboard/", headers={"If-None-Match": etag}).status_code == 304


@pytest.mark.parametrize("event", ["create", "change", "comment", "delete"])
def test_every_change_sends_a_new_dashboard(agent, ticket, event):
    page = agent.get("/dashboard/")
    if event == "create":
        TicketFactory()
    elif event == "comment":
        CommentFactory(ticket=ticket)
    elif event == "delete":
        delete_ticket(ticket.pk, SYSTEM)
    else:
        update_ticket(ticket.pk, {"status": "closed"}, SYSTEM)
    again = agent.get("/dashboard/", headers={"If-None-Match": page["ETag"]})
    assert again.status_code == 200
    assert again["ETag"] != page["ETag"]


def test_a_visitor_with_a_known_etag_is_redirected(visitor, agent):
    etag = agent.get("/dashboard/")["ETag"]
    assert visitor.get("/dashboard/", headers={"If-None-Match": etag}).status_code == 302


def test_queries_do_not_grow_with_tickets(agent, django_assert_num_queries):
    for ago in range(40):
        answered_ticket(1, status="resolved", resolved_at=timezone.now() - timedelta(days=ago / 40))
    # Session, user, groups; the audit trail's latest event; what is wrong with mail and files; two
    # for all figures.
    with django_assert_num_queries(7):
        etag = agent.get("/dashboard/?days=0")["ETag"]
    with django_assert_num_queries(5):
        agent.get("/dashboard/?days=0", headers={"If-None-Match": etag})


@pytest.mark.parametrize(
    ("state", "minutes", "notice"),
    [
        ("held", 0, "mail-to-decide"),
        ("failed", 0, "mail-failed"),
        ("stored", 6, "mail-waiting"),
        ("stored", 4, None),
    ],
)
def test_messages_to_act_on_are_counted(agent, state, minutes, notice):
    received_at = timezone.now() - timedelta(minutes=minutes)
    for name in "ab":
        InboundMessage.objects.create(raw=b"x", sha256=name, state=state, received_at=received_at)
    notices = re.findall(r'id="(mail-[a-z-]+)">(\d+) message', page_of(agent))
    assert notices == ([(notice, "2")] if notice else [])


@pytest.mark.parametrize(
    ("past_an_address", "confirmations", "held"), [(0, 10, 0), (0, 12, 2), (3, 0, 3), (3, 12, 5)]
)
def test_email_that_the_limits_hold_is_counted(
    agent, settings, past_an_address, confirmations, held
):
    settings.CONFIRMATION_LIMIT = 10
    for name, count in ((HELD_COUNTER, past_an_address), (DESK_COUNTER, confirmations)):
        if count:
            Counter.objects.add(name, count, seconds=3600)
    counts = re.findall(r'id="held-emails">(\d+) automatic', page_of(agent))
    assert counts == ([str(held)] if held else [])
    Counter.objects.update(expires_at=timezone.now())
    assert "held-emails" not in page_of(agent)


def test_a_requester_whose_mail_comes_back_is_named(agent):
    etag = agent.get("/dashboard/")["ETag"]
    ticket = TicketFactory(requester_email="kim@example.org")
    finished = TicketFactory(status="closed")
    merged = TicketFactory(merged_into=ticket, status="closed")
    for number, each in enumerate((finished, merged, ticket)):
        address = f"kim{number}@example.org"
        BouncedAddress.objects.create(address=address, folded=address, ticket=each)
    response = agent.get("/dashboard/", headers={"If-None-Match": etag})
    [notice] = re.findall(r'<p [^>]*id="mail-bounced">.*?</p>', response.content.decode())
    assert re.findall(r"kim\d", notice) == ["kim2", "kim1"]
    assert f'<a href="/tickets/{ticket.pk}/">#{ticket.pk}</a>' in notice
    update_ticket(ticket.pk, {"status": "resolved"}, SYSTEM)
    assert "mail-bounced" not in page_of(agent)


def test_an_agent_whose_mail_comes_back_is_named(agent):
    """Their notices stop silently, whatever their tickets are. A summary has no ticket."""
    finished = TicketFactory(status="closed")
    for number, (ticket, is_active) in enumerate([(None, True), (finished, True), (None, False)]):
        account = AgentFactory(is_active=is_active)
        email = Email.objects.create(kind="notice", event=f"n{number}", recipient=account)
        address = f"lee{number}@desk.example"
        BouncedAddress.objects.create(
            address=address, folded=address, ticket=ticket, email=email, diagnostic="Unknown"
        )
    [notice] = re.findall(r'<p [^>]*id="mail-bounced">.*?</p>', page_of(agent))
    assert re.findall(r"lee\d", notice) == ["lee1", "lee0"]
    assert "an admin in the back office" in notice
    on_ticket = agent.get(f"/tickets/{finished.pk}/").content.decode()
    assert "Mail to <bdi>lee1@desk.example</bdi> cannot be delivered" in on_ticket
    agent.post(f"/tickets/{finished.pk}/bounced/", {"address": "lee1@desk.example"})
    admin = Client()
    admin.force_login(AdminFactory(is_staff=True))
    [notice] = re.findall(r'<p [^>]*id="mail-bounced">.*?</p>', page_of(admin))
    assert re.findall(r"lee\d", notice) == ["lee0"]
    assert 'href="/admin/tickets/bouncedaddress/"' in notice


def test_email_that_does_not_go_out_is_counted(agent):
    etag = agent.get("/dashboard/")["ETag"]
    ticket, finished = TicketFactory(), TicketFactory(status="closed")
    merged = TicketFactory(merged_into=ticket, status="closed")
    account = AgentFactory()

    def email(number, state, minutes, ticket=ticket, **values):
        created_at = timezone.now() - timedelta(minutes=minutes)
        names = {"kind": "reply", "event": f"e{number}", "created_at": created_at}
        Email.objects.create(state=state, ticket=ticket, **names | values)

    email(1, "waiting", 0.5)
    email(2, "sent", 5)
    email(3, "held", 5)
    email(4, "failed", 5, finished)
    email(5, "failed", 60 * 24 * 8)
    email(6, "uncertain", 5, None, kind="notice", recipient=AgentFactory(is_active=False))
    assert "mail-undelivered" not in page_of(agent)
    email(11, "waiting", 70, finished, error="535 The password is <wrong>.")
    email(12, "failed", 5, merged)
    email(13, "uncertain", 5)
    email(14, "failed", 5, None, kind="notice", recipient=account)
    response = agent.get("/dashboard/", headers={"If-None-Match": etag})
    [notice] = re.findall(r'<p [^>]*id="mail-undelivered">.*?</p>', response.content.decode())
    assert "4 emails did not go out, the oldest for" in notice
    assert re.search(r"1\sh\s10\smin", notice)
    assert "What went wrong: <bdi>535 The password is &lt;wrong&gt;.</bdi>" in notice
    linked = re.findall(r"/tickets/(\d+)/", notice)
    assert linked == [str(each.pk) for each in (ticket, merged, finished)]


def test_a_mailbox_that_fails_is_named(agent):
    etag = agent.get("/dashboard/")["ETag"]
    mailbox = Mailbox.objects.create(
        name="Support", address="support@example.org", host="imap.example.org"
    )
    since = timezone.now() - timedelta(minutes=5)
    MailboxFetch.objects.create(
        mailbox=mailbox, failing_since=since, error="It is <down>.", lease_until=timezone.now()
    )
    response = agent.get("/dashboard/", headers={"If-None-Match": etag})
    page = response.content.decode()
    assert "The mailbox support@example.org has had a problem since" in page
    assert "It is &lt;down&gt;." in page
    link = f"/admin/tickets/mailbox/{mailbox.pk}/change/"
    assert link not in page
    admin = Client()
    admin.force_login(AdminFactory(is_staff=True))
    assert link in page_of(admin)
