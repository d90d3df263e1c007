"""DELETE /api/tickets/<id>/"""

import pytest

from tickets.audit.trail import audit_trail
from tickets.models.events import Erasure
from tickets.models.ticket import Comment, Ticket
from tickets.tests.factories import CommentFactory

from .client import assert_problem, one


def test_an_admin_deletes_a_ticket_with_its_conversation(admin, ticket):
    CommentFactory(ticket=ticket)
    response = admin.delete(one(ticket.pk))
    assert (response.status_code, response.content) == (204, b"")
    assert not Ticket.objects.exists()
    assert not Comment.objects.exists()
    for path in (one(ticket.pk), one(ticket.pk, "history/"), one(ticket.pk, "comments/")):
        assert_problem(admin.get(path), 404, "not_found")
    assert_problem(admin.delete(one(ticket.pk)), 404, "not_found")


def test_the_audit_trail_goes_and_who_deleted_which_number_stays(admin, ticket):
    admin.delete(one(ticket.pk))
    assert audit_trail(ticket) == []
    erasure = Erasure.objects.get()
    assert erasure.ticket_number == ticket.pk
    assert erasure.actor.startswith("token program")


@pytest.mark.parametrize(("caller", "status"), [("agent", 403), ("anonymous", 401)])
def test_only_admins_may_delete(request, ticket, caller, status):
    response = request.getfixturevalue(caller).delete(one(ticket.pk))
    assert response.status_code == status
    assert Ticket.objects.exists()


@pytest.mark.parametrize("tag", ['"2"', 'W/"1"'])
def test_a_stale_version_is_not_deleted(admin, ticket, tag):
    response = admin.delete(one(ticket.pk), headers={"If-Match": tag})
    assert_problem(response, 412, "precondition_failed")
    assert Ticket.objects.exists()


def test_the_current_version_is_deleted(admin, ticket):
    assert admin.delete(one(ticket.pk), headers={"If-Match": '"1"'}).status_code == 204


def test_anonymous_callers_may_not_delete_in_the_open_demo(settings, anonymous, ticket):
    settings.ACCESS_MODE = "open"
    response = anonymous.delete(one(ticket.pk))
    assert_problem(response, 401, "authentication_required")
    assert Ticket.objects.exists()
