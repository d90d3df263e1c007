"""Saved views in the back office."""

import pytest

from tickets.models.workplace import SavedView
from tickets.tests.factories import AgentFactory

VIEWS = "/admin/tickets/savedview/"


@pytest.fixture
def view(db):
    return SavedView.objects.create(
        name="Hot", query="priority=high&search=%22a%22", owner=AgentFactory(username="kim")
    )


def test_the_list_links_to_each_view(admin, view):
    page = admin.get(VIEWS, {"q": "kim"}).content.decode()
    assert 'href="/tickets/?priority=high&amp;search=%22a%22"' in page


def test_a_view_is_renamed_and_shared(admin, view):
    response = admin.post(f"{VIEWS}{view.pk}/change/", {"name": "Hotter", "shared": "on"})
    assert response.status_code == 302, response.content
    view.refresh_from_db()
    assert (view.name, view.shared, view.query) == ("Hotter", True, "priority=high&search=%22a%22")


def test_a_view_without_an_owner_stays_shared(admin, db):
    view = SavedView.objects.create(name="All's", shared=True)
    assert admin.post(f"{VIEWS}{view.pk}/change/", {"name": "Everybody's"}).status_code == 302
    view.refresh_from_db()
    assert (view.name, view.shared) == ("Everybody's", True)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Cold", "A view with this name already exists"),
        ("COLD", "A view with this name already exists"),
        ("Urgent", "This is the name of a built-in view"),
        ("\u200b", "no visible characters"),
    ],
)
def test_a_bad_name_is_refused_with_the_reason(admin, view, name, text):
    SavedView.objects.create(name="Cold", owner=view.owner)
    response = admin.post(f"{VIEWS}{view.pk}/change/", {"name": name})
    assert text in str(response.context["adminform"].form.errors["name"])
    view.refresh_from_db()
    assert view.name == "Hot"


def test_another_owners_view_may_have_the_name(admin, view):
    SavedView.objects.create(name="Cold", owner=AgentFactory())
    SavedView.objects.create(name="Cold", shared=True)
    assert admin.post(f"{VIEWS}{view.pk}/change/", {"name": "Cold"}).status_code == 302


def test_views_cannot_be_added(admin):
    assert admin.get(f"{VIEWS}add/").status_code == 403
