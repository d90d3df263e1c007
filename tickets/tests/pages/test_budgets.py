"""What strangers may set in motion in a day: one client, one ticket, and all together."""

import secrets

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tickets.access.throttling import spent_by_desk
from tickets.models.housekeeping import Counter
from tickets.models.ticket import Comment, Ticket
from tickets.services.conditions.current import refusal_conditions
from tickets.services.triage.shared_state import DatabaseSharedState
from tickets.tests.factories import AdminFactory, TicketFactory, TokenFactory

pytestmark = pytest.mark.django_db
TEXT = {"title": "Charged twice", "description": "You charged me twice."}


def create(client, address, text=TEXT, **headers):
    return client.post(
        "/api/tickets/",
        text,
        content_type="application/json",
        REMOTE_ADDR=address,
        headers=headers,
    )


def statuses(responses):
    return [response.status_code for response in responses]


def test_a_client_has_a_budget_per_day(client, settings):
    settings.CREATE_DAILY_LIMIT = 2
    ours, theirs = "192.0.2.1", "192.0.2.2"
    responses = [create(client, ours) for _ in range(3)]
    assert statuses(responses) == [201, 201, 429]
    assert 60 < int(responses[-1]["Retry-After"]) <= 24 * 3600 + 1
    assert create(client, theirs).status_code == 201


def test_the_form_and_replies_share_it(visitor, settings):
    settings.CREATE_DAILY_LIMIT = 2
    ticket = TicketFactory()
    assert visitor.post("/", TEXT).status_code == 302
    assert visitor.post(ticket.private_link_path(), {"body": "One"}).status_code == 302
    assert visitor.post("/", TEXT).status_code == 429
    assert visitor.post(ticket.private_link_path(), {"body": "Two"}).status_code == 429
    assert create(visitor, "127.0.0.1").status_code == 429


def test_all_clients_together_have_one(client, settings):
    settings.CREATE_DESK_LIMIT = 3
    responses = [create(client, f"192.0.2.{n}") for n in range(5)]
    assert statuses(responses) == [201, 201, 201, 429, 429]
    assert Ticket.objects.count() == 3


def test_agents_and_programs_have_none(client, agent, settings):
    settings.CREATE_LIMIT = settings.CREATE_DAILY_LIMIT = settings.CREATE_DESK_LIMIT = 0
    secret = TokenFactory(scopes=["write"]).secret
    assert create(client, "192.0.2.1").status_code == 429
    assert create(client, "192.0.2.1", authorization=f"Bearer {secret}").status_code == 201
    assert agent.post("/", TEXT).status_code == 302


def test_who_is_past_the_own_budget_uses_up_nothing_of_the_desk(client, settings):
    settings.CREATE_LIMIT, settings.CREATE_DESK_LIMIT = 2, 4
    assert statuses(create(client, "192.0.2.1") for _ in range(20)).count(201) <= 4
    assert spent_by_desk()["create"] <= 4
    assert create(client, "192.0.2.2").status_code in (201, 429)
    Counter.objects.filter(name="desk:create").update(count=2)
    assert create(client, "192.0.2.3").status_code == 201


def test_what_is_refused_uses_up_nothing_of_the_desk(visitor):
    for body in ("{}", "{bad", "[]", '{"title": 1}'):
        response = visitor.post("/api/tickets/", body, content_type="application/json")
        assert response.status_code == 400
    assert visitor.post("/", {"title": ""}).status_code == 400
    assert spent_by_desk() == {}
    assert create(visitor, "127.0.0.1").status_code == 201
    assert spent_by_desk() == {"create": 1}


def test_replies_by_a_private_link_need_nothing_of_the_desk(visitor, settings):
    settings.CREATE_DESK_LIMIT = 0
    assert create(visitor, "192.0.2.1").status_code == 429
    ticket = TicketFactory()
    assert visitor.post(ticket.private_link_path(), {"body": "Hello"}).status_code == 302


def addresses(network, count):
    """Return clients of one network of IPv6, each of which has limits of its own."""
    return [f"{network}:{number:x}::1" for number in range(count)]


def test_a_network_of_ipv6_uses_up_only_a_part_of_what_all_have(client, settings):
    settings.CREATE_DAILY_LIMIT, settings.CREATE_DESK_LIMIT = 2, 18
    responses = [create(client, address) for address in addresses("2001:db8:77", 6)]
    assert statuses(responses) == [201, 201, 201, 429, 429, 429]
    assert spent_by_desk() == {"create": 3}
    assert create(client, "2001:db8:78::1").status_code == 201
    assert create(client, "192.0.2.1").status_code == 201


def test_a_part_of_the_desks_is_at_least_what_a_client_has(client, settings):
    settings.CREATE_DAILY_LIMIT, settings.CREATE_DESK_LIMIT = 3, 4
    responses = [create(client, "2001:db8:77::1") for _ in range(4)]
    assert statuses(responses) == [201, 201, 201, 429]


def test_nor_more_of_the_uploads(client, settings):
    settings.ATTACHMENT_DAILY_MB, settings.ATTACHMENT_DESK_MB = 1, 12
    path = TicketFactory().private_link_path()

    def upload(address):
        file = SimpleUploadedFile("log.txt", secrets.token_hex(450_000).encode())
        data = {"body": "See the log", "files": file}
        return client.post(path, data, REMOTE_ADDR=address).status_code

    sent = [upload(address) for address in addresses("2001:db8:77", 4)]
    assert sent == [302, 302, 429, 429]
    assert upload("192.0.2.1") == 302


def test_nor_more_of_the_model_calls(settings):
    settings.LLM_CLIENT_CALLS, settings.LLM_CLIENT_DAILY_CALLS = 100, 1
    settings.LLM_DAILY_CALLS = 12
    state = DatabaseSharedState()
    answers = [state.client_may_ask(address) for address in addresses("2001:db8:77", 4)]
    assert answers == [True, True, False, False]
    assert state.client_may_ask("2001:db8:78::")


def test_one_ticket_gets_a_limited_number_of_replies(visitor, monkeypatch):
    monkeypatch.setattr("tickets.access.throttling.MAX_REPLIES_PER_DAY", 2)
    ticket, another = TicketFactory(), TicketFactory()
    path = ticket.private_link_path()
    replies = [visitor.post(path, {"body": f"Reply {n}"}) for n in range(3)]
    assert statuses(replies) == [302, 302, 429]
    assert b"Reply 2" in replies[-1].content  # not lost
    assert visitor.post(another.private_link_path(), {"body": "Hello"}).status_code == 302
    assert Comment.objects.filter(ticket=ticket).count() == 2


def test_one_client_cannot_use_up_the_days_model_calls(settings):
    settings.LLM_CLIENT_CALLS, settings.LLM_CLIENT_DAILY_CALLS = 100, 3
    state = DatabaseSharedState()
    assert [state.client_may_ask("192.0.2.1") for _ in range(4)] == [True, True, True, False]
    assert state.client_may_ask("192.0.2.2")


def test_a_new_day_begins_with_nothing(client, settings):
    settings.CREATE_DAILY_LIMIT = 1
    assert statuses([create(client, "192.0.2.1"), create(client, "192.0.2.1")]) == [201, 429]
    for counter in Counter.objects.filter(name__endswith=":day"):
        counter.time_window -= 1
        counter.save()
    assert create(client, "192.0.2.1").status_code == 201


# --- who must act on it -------------------------------------------------------------------


def test_the_back_office_says_that_the_desk_refuses(client, settings):
    settings.CREATE_DESK_LIMIT = 1
    assert list(refusal_conditions()) == []
    for n in range(2):
        create(client, f"192.0.2.{n}")
    [condition] = refusal_conditions()
    assert condition.subject == "CREATE_DESK_LIMIT"
    client.force_login(AdminFactory(is_staff=True))
    page = client.get("/admin/").content.decode()
    assert "The desk refuses people who have not signed in" in page


def test_and_about_uploads(settings):
    settings.ATTACHMENT_DESK_MB = 1
    Counter.objects.add("desk:upload", 1024, seconds=24 * 3600)
    assert list(refusal_conditions()) == []
    Counter.objects.add("desk:upload", 1, seconds=24 * 3600)
    [condition] = refusal_conditions()
    assert condition.subject == "ATTACHMENT_DESK_MB"
