"""A search that finds nothing offers one that does."""

import html
import re

import pytest

from tickets.models.search import TicketDocument
from tickets.querysets.search.grammar import misspelt_qualifiers
from tickets.services.search_suggestions import edit_distance, nearest_word, suggest_search
from tickets.tests.factories import AgentFactory, CommentFactory, TicketFactory

pytestmark = pytest.mark.django_db


def suggested(search, **filters):
    return suggest_search({"search": search, "me": None, **filters})


@pytest.fixture
def tickets():
    return [
        TicketFactory(title="Rückerstattung der Rechnung", requester_email="lena@example.org"),
        TicketFactory(title="The invoice is wrong", requester_email="lena@example.org"),
        TicketFactory(title="The refund is late", requester_email="kim@example.org"),
    ]


@pytest.mark.parametrize(
    ("typed", "offered", "count"),
    [
        ("invocie", "invoice", 1),
        ("REFNUD", "refund", 1),
        ("refund invocie", None, 0),  # no ticket has both
        ("wrong invocie", "wrong invoice", 1),
        ("-refund invoicee", "-refund invoice", 1),
        ("Rückerstatung", "rückerstattung", 1),
        ("rueckerstatung", "rückerstattung", 1),
        ("lenna", "from:lena", 2),
        ("form:lena", "from:lena", 2),
        ("stauts:open invoice", "status:open invoice", 1),
        ("status:opne invoice", "status:open invoice", 1),
        ("zzzzzzz", None, 0),
        ("abc", None, 0),
        ('"invocie"', None, 0),
        ("-invoice -refund -rechnung", None, 0),
    ],
)
def test_the_nearest_search_that_finds_something_is_offered(tickets, typed, offered, count):
    suggestion = suggested(typed)
    assert (suggestion and suggestion.search) == offered
    assert (suggestion.count if suggestion else 0) == count


def test_words_of_replies_are_offered(tickets):
    CommentFactory(ticket=tickets[0], body="Use the turquoise cable")
    assert suggested("turquoies").search == "turquoise"


def test_other_filters_are_left_out_only_if_nothing_is_found_with_them(tickets):
    with_filter = suggested("invocie", status=["open"])
    assert (with_filter.count, with_filter.everywhere) == (1, False)
    without = suggested("invocie", status=["closed"])
    assert (without.count, without.everywhere) == (1, True)


def test_a_suggestion_takes_a_bounded_number_of_queries(tickets, django_assert_max_num_queries):
    with django_assert_max_num_queries(30):
        suggested("refnud invocie wrnog latee " + "xxxx yyyy zzzz " * 9)


def test_the_list_links_to_the_suggestion(tickets, client):
    client.force_login(AgentFactory())
    page = client.get("/tickets/?search=invocie&status=closed").content.decode()
    match = re.search(r'Did you mean <a href="([^"]*)".*?<b dir="auto">invoice</b></a> \(1\)', page)
    assert (
        "The <mark>invoice</mark> is wrong" in client.get(html.unescape(match[1])).content.decode()
    )
    assert "Did you mean" not in client.get("/tickets/?search=zzzzzzz").content.decode()
    assert "Did you mean" not in client.get("/tickets/?search=invoice").content.decode()


def test_words_are_those_of_the_newest_tickets_of_about_this_length(tickets):
    counts = TicketDocument.objects.frequent_words({7})
    assert counts["invoice"] == 1
    assert counts["@example"] == 3
    assert "is" not in counts


@pytest.mark.parametrize(
    ("one", "other", "distance"),
    [
        ("refund", "refund", 0),
        ("refund", "refnud", 1),
        ("refund", "refunds", 1),
        ("refund", "efund", 1),
        ("refund", "rafund", 1),
        ("refund", "rafunt", 2),
        ("abcdef", "bacdfe", 2),
        ("ca", "abc", 3),
    ],
)
def test_the_distance_counts_single_mistakes(one, other, distance):
    assert edit_distance(one, other, 3) == edit_distance(other, one, 3) == distance


def test_the_nearest_word_is_the_one_that_more_tickets_have():
    assert nearest_word("prnter", {"printer": 2, "partner": 9}) == "printer"
    assert nearest_word("printre", {"printer": 2, "printed": 9}) == "printer"
    assert nearest_word("prinner", {"printer": 2, "prinker": 9}) == "prinker"
    assert nearest_word("abcd", {"abxy": 5}) is None


@pytest.mark.parametrize(
    ("typed", "corrected"),
    [
        ("form:lena", ["from:lena"]),
        ("-Statsu:open x", ["-status:open x"]),
        ("is:unasigned", ["is:unassigned"]),
        ('priority:"hihg"', ["priority:high"]),
        ("label:x", []),
        ("status:open from:lena", []),
        ("https://example.org", []),
    ],
)
def test_misspelt_filters_are_corrected(typed, corrected):
    assert misspelt_qualifiers(typed) == corrected
