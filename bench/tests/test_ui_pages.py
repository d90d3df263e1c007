"""The table of pages: whole, and asked for in parts."""

import pytest
from django.test import RequestFactory
from django.urls import resolve

from bench.ui.pages import LIGHTHOUSE, STATES, WEIGHTS, wanted
from bench.ui.screenshots import BACK_OFFICE, PICTURED
from tickets.exceptions import MethodNotAllowed
from tickets.pages.urls import urlpatterns

FACTS = {"ticket": 1, "track": "/t/a/", "track_done": "/t/b/", "spare": [2, 3, 4]}
# Addresses that answer a GET with a part of a page, a file or a way on.
PARTS = {"similar", "ticket-export", "ticket-news"}
names = [state.name for state in STATES]


def test_each_state_has_a_name_of_its_own():
    assert len(set(names)) == len(names)


def answers_get(view):
    try:
        view(RequestFactory().generic("TRACE", "/"))
    except MethodNotAllowed as refusal:
        return "GET" in refusal.allowed
    return True


def test_every_page_is_looked_at():
    pages = {pattern.name for pattern in urlpatterns if answers_get(pattern.callback)}
    paths = [state.address(FACTS).split("?")[0] for state in STATES]
    looked_at = {resolve(path).url_name for path in paths if path != "/nothing"}
    assert pages - looked_at <= PARTS


@pytest.mark.parametrize("listed", [LIGHTHOUSE, WEIGHTS, PICTURED])
def test_each_list_names_states_that_there_are(listed):
    assert set(listed) - set(names) - {state.name for state in BACK_OFFICE} == set()


def test_a_page_stands_for_its_states():
    found = [state.name for state in wanted(STATES, ["track"])]
    assert found == ["track-new", "track", "track-done", "track-errors"]
    assert [state.name for state in wanted(STATES, ["list-empty"])] == ["list-empty"]
    assert wanted(STATES, []) == STATES
