"""Searches for more than words: numbers, addresses and qualifiers."""

import re
import unicodedata

import pytest

from tickets.models.ticket import Ticket
from tickets.querysets.search.grammar import SEARCH_HELP, parse_search, unknown_keys, unknown_values
from tickets.tests.factories import AgentFactory, TicketFactory

pytestmark = pytest.mark.django_db


def matches(text, me=None):
    return set(Ticket.objects.search(text, me))


def test_a_number_finds_its_ticket_and_texts_that_contain_it():
    ticket, other = TicketFactory(title="One"), TicketFactory(title="Two")
    named = TicketFactory(title="Three", description=f"As in #{ticket.pk}, please.")
    assert matches(f"#{ticket.pk}") == matches(str(ticket.pk)) == {ticket, named}
    assert matches(f"-#{ticket.pk}") == {other}
    assert matches(f'"{ticket.pk}"') == {named}
    assert matches(f"#{ticket.pk} please") == {named}


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("\u201cRIGHT NOW\u201d", '"RIGHT NOW"'),
        ("\u201eright now\u201c", '"right now"'),
        ("\u00abright now\u00bb", '"right now"'),
        ("\u2013status:closed", "-status:closed"),
        ("printer \u2014fire", "printer -fire"),
        ("\u2212\u201cright now\u201d", '-"right now"'),
        ("status:\u201cin progress\u201d", 'status:"in progress"'),
    ],
)
def test_typographic_quotes_and_dashes_are_read_as_plain_ones(typed, meant):
    TicketFactory(title="Needed RIGHT NOW", status="in_progress")
    TicketFactory(title="Now is not right")
    TicketFactory(title="The printer is on fire", status="closed")
    TicketFactory(title="The printer is right now away", status="closed")
    assert matches(typed) == matches(meant)
    assert 0 < len(matches(typed)) < 4


def test_a_dash_within_a_text_is_not_a_minus():
    ticket = TicketFactory(title="Open 9\u201317 only")
    TicketFactory(title="Open all day")
    assert matches("9\u201317") == {ticket}


@pytest.mark.parametrize("number", ["#0", "0", "9" * 18, "9" * 19, "#" + "9" * 60, "#-1", "#1.5"])
def test_a_number_of_no_ticket_finds_nothing(number):
    TicketFactory()
    assert matches(number) == set()


ADDRESSES = [
    "kim@example.org",
    "kim.lee@mail.example.org",
    "KIM@EXAMPLE.COM",
    "a_b%c@other.net",
    "",
]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("kim@example.org", {"kim@example.org"}),
        ("Kim@Example.org", {"kim@example.org"}),
        ("kim@exam", {"kim@example.org", "KIM@EXAMPLE.COM"}),
        ("@example.org", {"kim@example.org"}),
        ("lee@mail", {"kim.lee@mail.example.org"}),
        ("im@example.org", set()),
        ("kim@", {"kim@example.org", "KIM@EXAMPLE.COM"}),
        ("kim", {"kim@example.org", "kim.lee@mail.example.org", "KIM@EXAMPLE.COM"}),
        ("im", set()),
        ("from:kim", {"kim@example.org", "kim.lee@mail.example.org", "KIM@EXAMPLE.COM"}),
        ("from:kim.lee", {"kim.lee@mail.example.org"}),
        ("from:EXAMPLE.ORG", {"kim@example.org", "kim.lee@mail.example.org"}),
        ("FROM:kim@example.org", {"kim@example.org"}),
        ('from:"kim@example.org"', {"kim@example.org"}),
        ("from:other.net,example.com", {"a_b%c@other.net", "KIM@EXAMPLE.COM"}),
        ("from:a_b%c", {"a_b%c@other.net"}),
        ("from:aXb%c", set()),
        ("-from:example -from:other", {""}),
        ("-kim@example.org @example", {"KIM@EXAMPLE.COM"}),
    ],
)
def test_addresses_are_found_whole_and_by_their_parts(text, expected):
    for address in ADDRESSES:
        TicketFactory(requester_email=address)
    assert {ticket.requester_email for ticket in matches(text)} == expected


def test_an_address_in_a_text_is_found_as_well():
    quoted = TicketFactory(description="Write to kim@example.org instead.")
    sent = TicketFactory(requester_email="kim@example.org")
    assert matches("kim@example.org") == {quoted, sent}
    assert matches("from:kim@example.org") == {sent}


@pytest.fixture
def named_tickets():
    """Return tickets by name."""
    kim, lee = AgentFactory(username="kim"), AgentFactory(username="lee")
    return {
        "plain": TicketFactory(),
        "kims": TicketFactory(assignee=kim, category="billing", priority="high"),
        "lees": TicketFactory(assignee=lee, status="in_progress", sentiment="angry"),
        "finished": TicketFactory(status="closed", category="billing", priority="critical"),
    }


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("status:open", {"plain", "kims"}),
        ("STATUS:Open", {"plain", "kims"}),
        ("status:in_progress", {"lees"}),
        ("status:in-progress", {"lees"}),
        ('status:"in progress"', {"lees"}),
        ("status:open,closed", {"plain", "kims", "finished"}),
        ("-status:open", {"lees", "finished"}),
        ("category:billing", {"kims", "finished"}),
        ("category:billing -status:closed", {"kims"}),
        ("-category:billing", {"plain", "lees"}),
        ("priority:high,critical", {"kims", "finished"}),
        ("priority:high priority:critical", set()),
        ("sentiment:angry", {"lees"}),
        ("mood:angry", {"lees"}),
        ("assignee:kim", {"kims"}),
        ("assignee:Kim", {"kims"}),
        ("assignee:none", {"plain", "finished"}),
        ("assignee:kim,none", {"plain", "kims", "finished"}),
        ("-assignee:kim", {"plain", "lees", "finished"}),
        ("-assignee:none", {"kims", "lees"}),
        ("assignee:nobody-of-this-name", set()),
        ("assignee:me", set()),
        ("is:unassigned", {"plain", "finished"}),
        ("is:assigned", {"kims", "lees"}),
        ("is:open", {"plain", "kims"}),
        ("-is:unassigned -is:open", {"lees"}),
        ("printer status:closed", {"finished"}),
        ("status:closed nothing", set()),
    ],
)
def test_qualifiers_narrow_with_and(named_tickets, text, names):
    assert matches(text) == {named_tickets[name] for name in names}


def test_me_is_the_account_that_searches(named_tickets):
    me = named_tickets["kims"].assignee
    assert matches("assignee:me", me) == {named_tickets["kims"]}
    assert matches("-assignee:me", me) == {
        named_tickets["plain"],
        named_tickets["lees"],
        named_tickets["finished"],
    }


@pytest.mark.parametrize(
    "text", ["status:lost", "is:blue", "status:", "label:bug", "http://x", "category:a,billing"]
)
def test_an_unknown_qualifier_is_text(named_tickets, text):
    written = TicketFactory(description=f"It says {text} in the log")
    assert matches(text) == {written}
    assert written not in matches(f"-{text}")


def test_in_quotes_everything_is_text(named_tickets):
    written = TicketFactory(description="the status:open of it", status="closed")
    assert matches('"status:open"') == {written}


@pytest.mark.parametrize("stored", ["NFC", "NFD"])
@pytest.mark.parametrize("searched", ["NFC", "NFD"])
@pytest.mark.parametrize("word", ["Größe", "GRÖSSE ÄNDERN", '"Größe ändern"', "élève", "ÉLÈ"])
def test_accented_text_is_found_composed_and_decomposed(stored, searched, word):
    text = "Größe ändern, GRÖSSE ÄNDERN, l'élève"
    ticket = TicketFactory(description=unicodedata.normalize(stored, text))
    assert matches(unicodedata.normalize(searched, word)) == {ticket}
    assert matches("-" + unicodedata.normalize(searched, word.split()[0])) == set()


def test_the_help_shows_only_valid_qualifiers():
    examples = [part for part in re.split(r",? |\.$", SEARCH_HELP) if ":" in part]
    assert len(examples) >= 5
    for example in examples:
        assert not hasattr(parse_search(example)[0], "phrase"), example


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("status:lost", "“status:lost” is unknown. Use open, in_progress, resolved, closed."),
        ("-is:nonsense", "“is:nonsense” is unknown. Use assigned, unassigned, unanswered,"),
        ('mood:"very sad"', "“sentiment:very sad” is unknown. Use calm,"),
        ("status:open,lost fire", "“status:open,lost” is unknown."),
    ],
)
def test_an_unknown_value_is_named(text, start):
    [sentence] = unknown_values(text)
    assert sentence.startswith(start)
    assert unknown_keys(text) == []


@pytest.mark.parametrize(("text", "key"), [("fire label:x", "label"), ('-Tag:"a b"', "Tag")])
def test_an_unknown_filter_is_named(text, key):
    [sentence] = unknown_keys(text)
    assert sentence.startswith(f"There is no filter “{key}:”. The filters are status:, category:,")
    assert unknown_values(text) == []


@pytest.mark.parametrize(
    "text", ["fire", "https://example.org", "12:30", "status:open", '"label:x"', "is:unanswered"]
)
def test_what_is_no_filter_is_not_called_one(text):
    assert unknown_keys(text) == unknown_values(text) == []
