"""Which names in a note are mentions."""

import pytest
from django.contrib.auth.models import User

from tickets.services.mentions import agents_by_name, find_mentions
from tickets.tests.factories import AgentFactory, UserFactory

pytestmark = pytest.mark.django_db


def mentioned(text):
    mentions = find_mentions(text, agents_by_name(text))
    return [(text[each.start : each.end], each.user.username) for each in mentions]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@maria", [("@maria", "maria")]),
        ("Thanks @Maria! (@MARIA)", [("@Maria", "maria"), ("@MARIA", "maria")]),
        ("Ask @maria.", [("@maria", "maria")]),
        ("Ask @maria...", [("@maria", "maria")]),
        ("@maria's turn, or @jo.smith?", [("@maria", "maria"), ("@jo.smith", "jo.smith")]),
        ("@jo.smith.", [("@jo.smith", "jo.smith")]),
        ("@jürgen", [("@jürgen", "jürgen")]),
        ("@@maria", []),
        ("kim@maria and kim.@maria", []),
        ("@mariana @mari @vera @", []),
        ("@\nmaria", []),
    ],
)
def test_names_of_agents_are_mentions(text, expected):
    for name in ("maria", "jo.smith", "jürgen"):
        AgentFactory(username=name)
    UserFactory(username="vera")
    assert mentioned(text) == expected


def test_case_matters_between_names_that_differ_by_nothing_else():
    # Of earlier releases: there are no new ones.
    agents = {name: User(username=name) for name in ("Kim", "kim")}
    names = [each.user.username for each in find_mentions("@Kim @kim", agents)]
    assert names == ["Kim", "kim"]


def test_a_note_without_names_costs_no_query(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert agents_by_name("Nothing, but kim@example.org") == {}
