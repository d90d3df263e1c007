"""The page on which agents manage saved replies, and the picker on a ticket."""

import pytest

from tickets.models.workplace import SavedReply
from tickets.tests.factories import AgentFactory, TicketFactory

from .conftest import signed_in

PAGE = "/replies/"
DATA = {"name": "Refund", "body": "We have refunded {number}."}


@pytest.fixture
def reply(agent):
    assert agent.post(PAGE, DATA).status_code == 302
    return SavedReply.objects.get()


def test_an_agent_writes_changes_and_deletes_a_reply(agent, agent_user, reply):
    assert (reply.name, reply.owner, reply.shared) == ("Refund", agent_user, False)
    page = agent.get(PAGE).content.decode()
    assert "Reply \u201cRefund\u201d saved." in page
    assert "never used" in page
    assert "We have refunded {number}." in page
    form = agent.get(f"{PAGE}{reply.pk}/").content.decode()
    assert 'value="Refund"' in form
    changed = {"name": "Refunds", "body": "Done.", "shared": "true"}
    assert agent.post(f"{PAGE}{reply.pk}/", changed).url == PAGE
    reply.refresh_from_db()
    assert (reply.name, reply.body, reply.shared) == ("Refunds", "Done.", True)
    assert agent.post(f"{PAGE}{reply.pk}/delete/").url == PAGE
    assert "Reply \u201cRefunds\u201d deleted." in agent.get(PAGE).content.decode()


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"name": ""}, "This field is required"),
        ({"name": "refund"}, "Choose another name"),
        ({"body": " "}, "This field is required"),
        ({"name": "x" * 81}, "at most 80 characters"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(agent, reply, wrong, problem):
    response = agent.post(PAGE, DATA | {"name": "Other", "body": "Typed text"} | wrong)
    assert response.status_code == 400
    page = response.content.decode()
    assert problem in page
    assert ("Typed text" if "body" not in wrong else 'value="Other"') in page
    assert SavedReply.objects.count() == 1


def test_a_colleague_sees_a_shared_reply_and_cannot_change_it(agent, reply):
    colleague = signed_in(AgentFactory())
    assert "Refund" not in colleague.get(PAGE).content.decode()
    assert colleague.get(f"{PAGE}{reply.pk}/").status_code == 404
    SavedReply.objects.update(shared=True)
    page = colleague.get(PAGE).content.decode()
    assert "Refund" in page
    assert "Delete<" not in page
    assert colleague.get(f"{PAGE}{reply.pk}/").status_code == 403
    assert colleague.post(f"{PAGE}{reply.pk}/", DATA).status_code == 403
    assert colleague.post(f"{PAGE}{reply.pk}/delete/").status_code == 403


def test_the_picker_offers_and_inserts(agent, reply):
    ticket = TicketFactory()
    picker = f"/tickets/{ticket.pk}/replies/"
    page = agent.get(picker).content.decode()
    assert "Refund" in page
    assert f"{picker}{reply.pk}/" in page
    assert (
        "No saved reply has these words." in agent.get(picker, {"search": "zebra"}).content.decode()
    )
    answer = agent.post(f"{picker}{reply.pk}/")
    assert answer.json() == {"text": f"We have refunded #{ticket.pk}."}
    reply.refresh_from_db()
    assert reply.uses == 1
    assert agent.post(f"{picker}{reply.pk + 1}/").status_code == 404
    assert agent.get("/tickets/0/replies/").status_code == 404


@pytest.mark.parametrize("search", ["\0", "x" * 5000, "'; --", "%_\\"])
def test_no_search_is_an_error(agent, reply, search):
    assert (
        agent.get(f"/tickets/{TicketFactory().pk}/replies/", {"search": search}).status_code == 200
    )


def test_names_and_texts_are_escaped(agent):
    agent.post(PAGE, {"name": "<b>x</b>", "body": "<script>1</script>"})
    ticket = TicketFactory()
    for address in (PAGE, f"/tickets/{ticket.pk}/replies/"):
        page = agent.get(address).content.decode()
        assert "<b>x" not in page
        assert "<script>1" not in page
