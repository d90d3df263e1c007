"""Reset a forgotten password by mail."""

import re
from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tickets.models.mail import Email
from tickets.models.sign_ins import SignIn
from tickets.services.invitations import INVITATION, RESET, ResetTokens
from tickets.tests.factories import PASSWORD, AgentFactory
from tickets.tests.worker import work

from .conftest import signed_in

pytestmark = pytest.mark.django_db(transaction=True)
NEW = "another correct horse"
CHOSEN = {"new_password1": NEW, "new_password2": NEW}


def ask(address):
    return Client().post("/forgotten/", {"email": address})


def links(mail_server):
    texts = [message.get_body(["plain"]).get_content() for message in mail_server.messages]
    return [re.search(r"http://127.0.0.1:8000(/reset/\S+)", text)[1] for text in texts]


def path_of(user, link=RESET):
    return "/reset/{}/{}/".format(*link.key(user))


@pytest.fixture
def lena():
    return AgentFactory(username="lena", email="Lena@example.org")


def test_the_link_sets_a_password_once_and_ends_the_sessions(lena, mail_server):
    session = signed_in(lena)
    assert ask("lena@example.org").url == "/forgotten/sent/"
    work()
    [message] = mail_server.messages
    assert message["To"] == "Lena@example.org"
    assert message["Subject"] == "Your password for Support desk"
    [path] = links(mail_server)
    visitor = Client()
    page = visitor.get(path)
    assert page["Cache-Control"] == "no-store"
    assert page["Referrer-Policy"] == "strict-origin"
    assert b"<strong>lena</strong>" in page.content
    response = visitor.post(path, CHOSEN)
    assert response.url == "/sign-in/"
    assert "_auth_user_id" not in visitor.session
    lena.refresh_from_db()
    assert lena.check_password(NEW)
    assert session.get("/account/password/").status_code == 302
    assert not SignIn.objects.exists()
    assert visitor.get(path).status_code == visitor.post(path, CHOSEN).status_code == 404


def test_the_answer_does_not_tell_whether_there_is_an_account(lena, mail_server):
    AgentFactory(email="closed@example.org", is_active=False)
    invited = AgentFactory(email="invited@example.org")
    invited.set_unusable_password()
    invited.save()
    addresses = ("lena@example.org", "nobody@example.org", "closed@example.org")
    answers = [ask(address) for address in (*addresses, "invited@example.org")]
    assert len({(answer.status_code, answer.url) for answer in answers}) == 1
    work()
    assert [message["To"] for message in mail_server.messages] == ["Lena@example.org"]


def test_a_mailbox_gets_three_an_hour(lena, mail_server, settings):
    settings.TRUSTED_PROXIES = 1
    for number in range(5):
        headers = {"X-Forwarded-For": f"203.0.113.{number}"}
        response = Client(headers=headers).post("/forgotten/", {"email": "lena@example.org"})
        assert response.url == "/forgotten/sent/"
    work()
    assert len(mail_server.messages) == 3


def test_a_client_asks_five_times_a_minute(lena):
    statuses = [ask(f"nobody{number}@example.org").status_code for number in range(6)]
    assert statuses == [302] * 5 + [429]


def test_a_wrong_address_is_refused(lena):
    assert ask("@").status_code == 400
    assert not Email.objects.exists()


def test_without_a_mail_server_there_is_no_form_and_no_link(lena, capsys):
    page = Client().get("/forgotten/").content
    assert b"Ask an administrator" in page
    assert b'name="email"' not in page
    ask("lena@example.org")
    work()
    assert not Email.objects.exists()


def test_a_link_ends_after_an_hour(lena, monkeypatch):
    path = path_of(lena)
    now = datetime.now()
    monkeypatch.setattr(ResetTokens, "_now", lambda self: now + timedelta(minutes=59))
    assert Client().get(path).status_code == 200
    monkeypatch.setattr(ResetTokens, "_now", lambda self: now + timedelta(minutes=61))
    assert Client().get(path).status_code == 404


def test_a_link_ends_with_the_account_the_address_and_a_sign_in(lena):
    for change in (
        lambda: User.objects.update(is_active=False),
        lambda: User.objects.update(email="other@example.org"),
        lambda: Client().post("/sign-in/", {"username": "lena", "password": PASSWORD}),
    ):
        User.objects.update(is_active=True)
        lena.refresh_from_db()
        path = path_of(lena)
        assert Client().get(path).status_code == 200
        change()
        assert Client().get(path).status_code == 404


def test_a_link_is_no_invitation_and_the_other_way_round(lena):
    assert Client().get(path_of(lena, INVITATION)).status_code == 404
    assert Client().get("/invitation/{}/{}/".format(*RESET.key(lena))).status_code == 404


@pytest.mark.parametrize("path", ["/reset/x/y/", "/reset/MQ/a-b/", "/reset/MQ/zzzzzzzzzzzzzzz-b/"])
def test_what_is_no_link_is_not_found(lena, path):
    assert Client().get(path).status_code == 404
