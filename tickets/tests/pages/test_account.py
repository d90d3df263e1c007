"""The page of one's own account, and what its values change elsewhere."""

import pytest
from django.test import Client

from tickets.access.actors import user_actor
from tickets.models.workplace import AgentProfile
from tickets.services import comments
from tickets.tests.factories import CommentFactory, TicketFactory

VALUES = {
    "email": "maria@example.org",
    "display_name": "Maria Lopez",
    "signature": "Maria Lopez\nSupport <team>",
    "notify_assigned": "off",
    "notify_answer": "hourly",
    "notify_mention": "at_once",
    "notify_unassigned": "hourly",
}


def save(client, **values):
    return client.post("/account/", VALUES | values)


def test_the_page_shows_the_defaults(agent, agent_user):
    form = agent.get("/account/").context["form"]
    assert {field.name: field.value() for field in form} == {
        "email": agent_user.email,
        "display_name": "",
        "signature": "",
        "notify_assigned": "at_once",
        "notify_answer": "at_once",
        "notify_mention": "at_once",
        "notify_unassigned": "off",
    }


def test_values_are_saved_and_shown(agent, agent_user):
    response = agent.post("/account/", VALUES, follow=True)
    assert [notice.text for notice in response.context["notices"]] == ["Your account is saved."]
    form = response.context["form"]
    assert {field.name: field.value() for field in form} == VALUES
    agent_user.refresh_from_db()
    assert agent_user.email == VALUES["email"]


def test_saving_makes_no_old_ticket_new(agent, agent_user):
    TicketFactory()
    AgentProfile.objects.filter(user=agent_user).delete()
    save(agent)
    profile = AgentProfile.objects.get(user=agent_user)
    assert profile.unread_from == agent_user.date_joined


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("email", "nobody"),
        ("email", "kim@-.example"),
        ("display_name", "x" * 61),
        ("display_name", "\u200b"),
        ("signature", "x" * 501),
        ("notify_answer", "always"),
        ("notify_answer", ""),
    ],
)
def test_invalid_values_are_refused(agent, agent_user, name, value):
    response = save(agent, **{name: value})
    assert response.status_code == 400
    assert list(response.context["form"].errors) == [name]
    assert not AgentProfile.objects.filter(user=agent_user).exists()


def test_the_page_is_for_agents_and_other_accounts_have_a_password(visitor, user, settings):
    assert visitor.get("/account/").status_code == 302
    assert user.get("/account/").url == "/account/password/"
    settings.ACCESS_MODE = "open"
    response = visitor.get("/account/")
    assert response["Location"] == "/sign-in/?next=/account/"


def test_the_header_links_to_the_page(agent, user):
    assert 'href="/account/"' in agent.get("/tickets/review/").content.decode()
    assert 'href="/account/"' in user.get("/").content.decode()


def test_the_page_says_that_nothing_is_sent(agent, settings):
    assert "No mail server is set up" in agent.get("/account/").content.decode()
    settings.EMAIL_BACKEND = settings.SMTP_BACKEND
    assert "No mail server is set up" not in agent.get("/account/").content.decode()


def test_a_post_without_the_token_changes_nothing(agent_user):
    client = Client(enforce_csrf_checks=True)
    client.force_login(agent_user)
    assert save(client).status_code == 403


# --- what others see ----------------------------------------------------------------------


def requester_page(ticket):
    return Client().get(ticket.private_link_path())


def test_requesters_see_the_display_name_and_the_signature(agent, agent_user, ticket):
    CommentFactory(ticket=ticket, author=agent_user, public=True, body="On our way.")
    before = requester_page(ticket)
    assert "Support</strong> replied" not in before.content.decode()
    assert ">Support</strong>" in before.content.decode()
    save(agent)
    after = requester_page(ticket)
    html = after.content.decode()
    assert ">Maria Lopez</strong>" in html
    assert html.count("Support &lt;team&gt;") == 1
    assert agent_user.username not in html
    assert after["ETag"] != before["ETag"]


def test_notes_and_requesters_have_no_signature(agent, agent_user, ticket):
    save(agent)
    CommentFactory(ticket=ticket, author=agent_user, public=False)
    comments.add_reply(ticket, {"body": "Any news?"})
    html = agent.get(f"/tickets/{ticket.pk}/").content.decode()
    talk = html[html.index('id="comment-') : html.index('id="composer"')]
    assert "Support &lt;team&gt;" not in talk


def test_a_signature_that_was_typed_is_not_doubled(agent, agent_user, ticket):
    save(agent)
    body = f"On our way.\n\n{VALUES['signature']}\n"
    CommentFactory(ticket=ticket, author=agent_user, public=True, body=body)
    assert requester_page(ticket).content.decode().count("Support &lt;team&gt;") == 1


def test_a_reply_sent_twice_is_signed_once(agent, agent_user, ticket):
    save(agent)
    for _ in range(2):
        agent.post(
            f"/tickets/{ticket.pk}/comments/",
            {"body": "On our way.", "public": "true", "form_key": "k" * 20},
        )
    assert ticket.comments.get().body == "On our way."
    assert requester_page(ticket).content.decode().count("Support &lt;team&gt;") == 1


def test_the_composer_shows_the_signature(agent, ticket):
    assert 'id="signed"' not in agent.get(f"/tickets/{ticket.pk}/").content.decode()
    save(agent)
    html = agent.get(f"/tickets/{ticket.pk}/").content.decode()
    signed = html[html.index('id="signed"') :]
    assert "Maria Lopez" in signed
    assert "Support &lt;team&gt;" in signed


def test_a_note_shows_mentions_and_no_markup(agent, agent_user, ticket):
    body = f"<b>@{agent_user.username.upper()}</b> and @nobody"
    comments.add_comment(ticket, {"body": body, "public": False}, user_actor(agent_user))
    html = agent.get(f"/tickets/{ticket.pk}/").content.decode()
    name = agent_user.username.upper()
    assert f'&lt;b&gt;<mark class="mention">@{name}</mark>&lt;/b&gt; and @nobody' in html


def test_a_note_shows_mentions_beside_links_and_code(agent, agent_user, ticket):
    name = agent_user.username
    body = f"@{name}: see https://example.org/a or `ping @{name}`"
    comments.add_comment(ticket, {"body": body, "public": False}, user_actor(agent_user))
    html = agent.get(f"/tickets/{ticket.pk}/").content.decode()
    assert f'<p dir="auto"><mark class="mention">@{name}</mark>: see <a href=' in html
    assert f'<code>ping <mark class="mention">@{name}</mark></code>' in html


def test_a_reply_that_waits_shows_the_signature(agent, agent_user, ticket, settings):
    save(agent)
    settings.REPLY_DELAY_SECONDS = 60
    form = {"body": "See https://example.org/a", "public": "true", "form_key": "k" * 20}
    agent.post(f"/tickets/{ticket.pk}/comments/", form)
    html = agent.get(f"/tickets/{ticket.pk}/").content.decode()
    waiting = html[html.index('id="reply-') : html.index('id="composer"')]
    assert '<a href="https://example.org/a"' in waiting
    assert waiting.count("Support &lt;team&gt;") == 1
