"""The list of pages: complete, and selected by name."""

import pytest
from django.test import RequestFactory
from django.urls import resolve

from bench.ui.pages import LIGHTHOUSE, STATES, TRANSFER_LIMITS, select_states
from bench.ui.screenshots import BACK_OFFICE, PICTURED
from tickets.exceptions import MethodNotAllowed
from tickets.pages.urls import urlpatterns

FACTS = {
    "ticket": 1,
    "mailed": 2,
    "requester_mailed": "/t/c/",
    "requester": "/t/a/",
    "requester_done": "/t/b/",
    "invitation": "/invitation/MQ/a-b/",
    "reset": "/reset/MQ/a-b/",
    "spare": [2, 3, 4],
}
# Paths that answer a GET with a part of a page, a file or a redirect.
NO_PAGES = {
    "attachment",
    "requester-attachment",
    "requester-thumbnail",
    "thumbnail",
    *("original", "held-original"),  # what a stranger designed
    "dead-link",
    "well-known-password",
    "security-txt",
    "provider-back",
    "dead-confirmation",
    "desk-logo",
    "reply-picker",
    "similar",
    "ticket-similar",
    *("ticket-earlier", "requester-earlier"),
    "ticket-export",
    "ticket-news",
}
names = [state.name for state in STATES]


def test_state_names_are_unique():
    assert len(set(names)) == len(names)


def answers_get(view):
    try:
        view(RequestFactory().generic("TRACE", "/"))
    except MethodNotAllowed as error:
        return "GET" in error.allowed
    return True


def test_every_page_is_checked():
    pages = {pattern.name for pattern in urlpatterns if answers_get(pattern.callback)}
    paths = [state.address(FACTS).split("?")[0] for state in STATES]
    checked = {resolve(path).url_name for path in paths if path != "/nothing"}
    assert pages - checked <= NO_PAGES


@pytest.mark.parametrize("state_names", [LIGHTHOUSE, TRANSFER_LIMITS, PICTURED])
def test_each_list_names_existing_states(state_names):
    assert set(state_names) - set(names) - {state.name for state in BACK_OFFICE} == set()


def test_a_page_name_selects_all_its_states():
    selected = [state.name for state in select_states(STATES, ["requester"])]
    assert selected[:3] == ["requester-new", "requester", "requester-done"]
    assert all(name.split("-")[0] == "requester" for name in selected)
    assert [state.name for state in select_states(STATES, ["list-empty"])] == ["list-empty"]
    assert select_states(STATES, []) == STATES
