"""Invitations, from the back office to the chosen password."""

import re
from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.test import Client

from tickets.access.actors import is_agent
from tickets.models.mail import Email
from tickets.tests.factories import AdminFactory, AgentFactory
from tickets.tests.worker import work

pytestmark = pytest.mark.django_db(transaction=True)
LIST = "/admin/auth/user/"
PASSWORD = "a rather long pass phrase"
CHOSEN = {"new_password1": PASSWORD, "new_password2": PASSWORD}


@pytest.fixture
def admin():
    client = Client()
    client.force_login(AdminFactory(is_staff=True))
    return client


def invite(admin, **values):
    group = Group.objects.get_or_create(name="agents")[0]
    sent = {"username": "ada", "email": "ada@example.org", "groups": [group.pk]}
    return admin.post(f"{LIST}add/", sent | {"usable_password": "invite"} | values, follow=True)


def invite_again(admin, user):
    data = {"action": "invite", "index": "0", "_selected_action": [user.pk]}
    return admin.post(LIST, data, follow=True)


def notices(response):
    return [notice.text for notice in response.context["notices"]]


def link(message):
    text = message.get_body(["plain"]).get_content()
    return re.search(r"http://127.0.0.1:8000(/invitation/\S+)", text)[1]


def test_it_names_the_desk(mail_server, settings, admin):
    settings.DESK_NAME = "Müller & Söhne"
    invite(admin)
    work()
    [message] = mail_server.messages
    assert message["Subject"] == "You are invited to Müller & Söhne"
    text, html = (message.get_body([kind]).get_content() for kind in ("plain", "html"))
    assert "You are invited to Müller & Söhne. Your user name is ada." in text
    assert "You are invited to Müller &amp; Söhne." in html
    assert "the support desk" not in text + html


@pytest.fixture
def path(mail_server, admin):
    """The path of Ada's invitation."""
    assert "The invitation is on its way to ada@example.org." in notices(invite(admin))
    work()
    [message] = mail_server.messages
    assert message["To"] == "ada@example.org"
    assert message["Auto-Submitted"] == "auto-generated"
    assert "Your user name is ada." in message.get_body(["plain"]).get_content()
    return link(message)


def test_an_invited_agent_chooses_a_password_and_is_signed_in(path):
    ada = User.objects.get(username="ada")
    assert not ada.has_usable_password()
    client = Client()
    page = client.get(path)
    assert "<strong>ada</strong>" in page.content.decode()
    assert page["Cache-Control"] == "no-store"
    assert page["Referrer-Policy"] == "strict-origin"
    response = client.post(path, CHOSEN)
    assert (response.status_code, response.url) == (302, "/tickets/")
    assert client.get("/tickets/", follow=True).status_code == 200
    ada.refresh_from_db()
    assert ada.check_password(PASSWORD)
    assert is_agent(ada)
    assert PASSWORD not in str(Email.objects.values())


def test_an_invitation_works_once(path):
    Client().post(path, CHOSEN)
    for response in (
        Client().get(path),
        Client().post(path, {"new_password1": "another phrase", "new_password2": "another phrase"}),
    ):
        assert response.status_code == 404
        assert "This invitation was used, or it has expired" in response.content.decode()
    assert User.objects.get(username="ada").check_password(PASSWORD)


def test_an_invitation_expires(path, monkeypatch):
    now = datetime.now() + timedelta(days=3, minutes=1)
    monkeypatch.setattr(PasswordResetTokenGenerator, "_now", lambda self: now)
    assert Client().get(path).status_code == 404


@pytest.mark.parametrize("change", [{"is_active": False}, {"email": "eve@example.org"}])
def test_an_invitation_ends_with_the_account_or_its_address(path, change):
    User.objects.filter(username="ada").update(**change)
    assert Client().post(path, CHOSEN).status_code == 404


@pytest.mark.parametrize(
    "broken", ["/invitation/MQ/abc-def/", "/invitation/x/y/", "/invitation/%00/-/"]
)
def test_a_made_up_invitation_does_not_work(broken):
    AgentFactory()
    assert Client().get(broken).status_code in (400, 404)


@pytest.mark.parametrize(
    "passwords",
    [("12345", "12345"), (PASSWORD, "another phrase"), ("", ""), ("x y" * 400, "x y" * 400)],
)
def test_a_weak_or_mistyped_password_is_refused(path, passwords):
    sent = dict(zip(CHOSEN, passwords, strict=True))
    response = Client().post(path, sent)
    assert response.status_code == 400
    assert not User.objects.get(username="ada").has_usable_password()


def test_an_invitation_needs_an_address(admin):
    response = invite(admin, email="")
    assert list(response.context["adminform"].form.errors) == ["email"]
    assert not User.objects.filter(username="ada").exists()


def test_somebody_can_be_invited_again(path, mail_server, admin):
    invite_again(admin, User.objects.get(username="ada"))
    work()
    second = link(mail_server.messages[1])
    assert Client().post(second, CHOSEN).status_code == 302
    assert Client().get(path).status_code == 404


def test_a_closed_account_is_not_invited(mail_server, admin):
    closed = AgentFactory(is_active=False)
    assert "Skipped, closed or without an address: 1." in notices(invite_again(admin, closed))
    assert not Email.objects.exists()


def test_an_account_closed_in_the_meantime_gets_no_invitation(mail_server, admin):
    invite(admin)
    User.objects.filter(username="ada").update(is_active=False)
    work()
    assert mail_server.messages == []


def test_without_a_mail_server_the_link_is_shown(admin):
    [text] = [text for text in notices(invite(admin)) if "No mail server" in text]
    path = re.search(r"http://127.0.0.1:8000(/invitation/\S+)", text)[1]
    assert Client().post(path, CHOSEN).status_code == 302


def test_a_visitor_on_the_page_needs_the_csrf_token(path):
    assert Client(enforce_csrf_checks=True).post(path, CHOSEN).status_code == 403
