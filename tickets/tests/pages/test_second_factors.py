"""Authenticator apps, passkeys and recovery codes, and signing in with them."""

import json
import re
import time
from datetime import timedelta
from html import unescape

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from tickets.models.second_factors import RecoveryCode, SecondFactor
from tickets.models.sign_ins import SignIn
from tickets.services import second_factors as service
from tickets.services.invitations import INVITATION
from tickets.services.second_factors import STEP
from tickets.tests.factories import PASSWORD, AdminFactory, AgentFactory, TokenFactory

from .conftest import signed_in
from .passkeys import Passkey

PAGE = "/account/second-factor/"
KEY = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
SIGNED_KEY = re.compile(r'name="key" value="([^"]+)"')
CODE = re.compile(r"<code>([A-Z2-7-]{29})</code>")


def code_of(key=KEY, steps=0):
    return service._totp(key).generate((int(time.time()) // STEP + steps) * STEP).decode()


@pytest.fixture(autouse=True)
def _not_between_two_codes():
    """Wait for the next code if this one ends soon."""
    if STEP - time.time() % STEP < 5:
        time.sleep(STEP - time.time() % STEP)


@pytest.fixture(autouse=True)
def _known_key(monkeypatch):
    monkeypatch.setattr(service, "new_key", lambda: KEY)


def add_app(client, **changed):
    page = client.get(f"{PAGE}app/").content.decode()
    sent = {"name": "Phone", "key": SIGNED_KEY.search(page)[1], "code": code_of(steps=-1)}
    return client.post(f"{PAGE}app/", sent | changed)


def options_of(page):
    return json.loads(unescape(re.search(r'data-options="([^"]+)"', page.content.decode())[1]))


def add_passkey(client, passkey):
    answer = passkey.make(options_of(client.get(f"{PAGE}passkey/")))
    return client.post(f"{PAGE}passkey/", {"name": "Laptop", "answer": answer})


def begin(user, **values):
    client = Client()
    sent = {"username": user.username, "password": PASSWORD}
    assert client.post("/sign-in/", sent | values).url == "/sign-in/second/"
    return client


def is_signed_in(client):
    return client.get("/account/sessions/").status_code == 200


@pytest.fixture
def codes(agent):
    """The recovery codes of an agent who has an app."""
    return CODE.findall(add_app(agent).content.decode())


# --- authenticator apps ---


def test_an_app_is_added_and_asked_for(agent, agent_user):
    page = agent.get(f"{PAGE}app/").content.decode()
    assert 'class="qr"' in page
    other = signed_in(agent_user)
    page = add_app(agent)
    assert len(CODE.findall(page.content.decode())) == 10
    assert "no-store" in page["Cache-Control"]
    assert not is_signed_in(other)  # which has shown none
    assert is_signed_in(agent)
    visitor = begin(agent_user, next="/dashboard/")
    assert not is_signed_in(visitor)
    response = visitor.post("/sign-in/second/", {"code": code_of()})
    assert response.url == "/dashboard/"
    assert is_signed_in(visitor)


@pytest.mark.parametrize(
    "changed", [{"code": "000000"}, {"code": ""}, {"key": "short"}, {"name": " "}]
)
def test_an_app_without_the_right_code_is_not_added(agent, changed):
    if changed.get("code") in {code_of(steps=steps) for steps in (-1, 0, 1)}:
        pytest.skip("The wrong code is right at the moment.")
    assert add_app(agent, **changed).status_code == 400
    assert not SecondFactor.objects.exists()


@pytest.mark.parametrize("chosen", ["plain", "signed for another account", "expired"])
def test_nobody_chooses_the_key_of_an_app(agent, agent_user, monkeypatch, chosen):
    if chosen == "expired":
        monkeypatch.setattr(service, "KEY_LIFETIME", timedelta(0))
    signed = service.signed_key(AgentFactory() if "another" in chosen else agent_user, KEY)
    page = add_app(agent, key=KEY if chosen == "plain" else signed)
    assert page.status_code == 400
    assert "This key has expired." in page.content.decode()
    assert not SecondFactor.objects.exists()


def test_a_code_works_once_and_not_long(codes, agent_user):
    visitor = begin(agent_user)
    for steps in (-2, -1, 2):  # the app was added with the second
        sent = {"code": code_of(steps=steps)}
        assert visitor.post("/sign-in/second/", sent).status_code == 400
    sent = {"code": code_of()}
    assert visitor.post("/sign-in/second/", sent).status_code == 302
    assert begin(agent_user).post("/sign-in/second/", sent).status_code == 400


def test_the_key_is_stored_encrypted(codes):
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM tickets_secondfactor")
        [[stored]] = cursor.fetchall()
    assert KEY not in stored
    assert SecondFactor.objects.get().secret == KEY


# --- recovery codes ---


def test_a_recovery_code_works_once(codes, agent_user):
    for typed in (codes[0], codes[1].lower(), codes[2].replace("-", " ")):
        visitor = begin(agent_user)
        assert visitor.post("/sign-in/second/", {"code": typed}).status_code == 302
        assert begin(agent_user).post("/sign-in/second/", {"code": typed}).status_code == 400
    assert RecoveryCode.objects.count() == 7


def test_new_codes_replace_the_old_ones(codes, agent, agent_user):
    new = CODE.findall(agent.post(f"{PAGE}codes/").content.decode())
    assert len(new) == 10
    assert begin(agent_user).post("/sign-in/second/", {"code": codes[0]}).status_code == 400
    assert begin(agent_user).post("/sign-in/second/", {"code": new[0]}).status_code == 302


def test_without_a_factor_there_are_none(agent):
    assert agent.post(f"{PAGE}codes/").url == PAGE
    assert not RecoveryCode.objects.exists()


# --- passkeys ---


def test_a_passkey_is_added_and_asked_for(agent, agent_user):
    passkey = Passkey()
    assert len(CODE.findall(add_passkey(agent, passkey).content.decode())) == 10
    visitor = begin(agent_user)
    options = options_of(visitor.get("/sign-in/second/"))
    assert len(options["allowCredentials"]) == 1
    answer = passkey.use(options)
    assert visitor.post("/sign-in/second/", {"answer": answer}).url == "/tickets/"
    assert is_signed_in(visitor)
    assert SecondFactor.objects.get().last_used_at is not None
    again = begin(agent_user)
    again.get("/sign-in/second/")
    assert again.post("/sign-in/second/", {"answer": answer}).status_code == 400


@pytest.mark.parametrize("wrong", ["origin", "host", "challenge", "key", "no JSON", "other JSON"])
def test_what_is_no_answer_of_the_passkey_is_refused(agent, agent_user, wrong):
    passkey = Passkey()
    add_passkey(agent, passkey)
    visitor = begin(agent_user)
    options = options_of(visitor.get("/sign-in/second/"))
    if wrong == "origin":
        passkey.origin = "https://evil.example"
    elif wrong == "host":
        passkey.host = "evil.example"
    elif wrong == "challenge":
        options = options_of(visitor.get("/sign-in/second/"))
        options["challenge"] = "A" * 43
    elif wrong == "key":
        own = passkey.id
        passkey = Passkey()
        passkey.id = own
    answers = {"no JSON": "{", "other JSON": "[1]"}
    answer = answers.get(wrong) or passkey.use(options)
    assert visitor.post("/sign-in/second/", {"answer": answer}).status_code == 400
    assert not is_signed_in(visitor)


def test_a_passkey_of_another_site_is_not_added(agent):
    assert add_passkey(agent, Passkey(origin="https://evil.example")).status_code == 400
    answer = Passkey().make({"challenge": "A" * 43})
    sent = {"name": "Laptop", "answer": answer}
    assert agent.post(f"{PAGE}passkey/", sent).status_code == 400
    assert not SecondFactor.objects.exists()


# --- limits ---


def test_codes_cannot_be_guessed(codes, agent_user, settings):
    """Neither from many addresses nor with the password typed again."""
    settings.TRUSTED_PROXIES, settings.AXES_FAILURE_LIMIT = 1, 3
    statuses = []
    for number in range(12):
        visitor = Client(headers={"X-Forwarded-For": f"203.0.113.{number}"})
        visitor.post("/sign-in/", {"username": agent_user.username, "password": PASSWORD})
        statuses.append(visitor.post("/sign-in/second/", {"code": "000000"}).status_code)
    assert statuses == [400] * 10 + [429] * 2


def test_wrong_codes_lock_like_wrong_passwords(codes, agent_user, settings):
    visitor = begin(agent_user)
    for _ in range(settings.AXES_FAILURE_LIMIT):
        response = visitor.post("/sign-in/second/", {"code": "wrong"})
    assert response.status_code == 429
    sent = {"username": agent_user.username, "password": PASSWORD}
    assert Client().post("/sign-in/", sent).status_code == 429


def test_the_second_step_follows_the_first_in_time(codes, agent_user):
    visitor = begin(agent_user)
    session = visitor.session
    session["second_step"] = session["second_step"] | {"at": time.time() - 601}
    session.save()
    assert visitor.post("/sign-in/second/", {"code": codes[0]}).url == "/sign-in/"
    visitor = begin(agent_user)
    agent_user.set_password("another correct horse")
    agent_user.save()
    assert visitor.post("/sign-in/second/", {"code": codes[0]}).url == "/sign-in/"
    assert Client().post("/sign-in/second/", {"code": codes[0]}).url == "/sign-in/"


def test_an_invitation_does_not_lead_past_it(codes, agent_user):
    path = "/invitation/{}/{}/".format(*INVITATION.key(agent_user))
    visitor = Client()
    chosen = {"new_password1": "another correct horse", "new_password2": "another correct horse"}
    assert visitor.post(path, chosen).url == "/sign-in/second/"
    assert not is_signed_in(visitor)


# --- removing ---


def test_without_the_last_factor_the_password_is_enough(codes, agent, agent_user):
    factor = SecondFactor.objects.get()
    assert agent.post(f"{PAGE}{factor.pk}/remove/").url == PAGE
    assert not RecoveryCode.objects.exists()
    sent = {"username": agent_user.username, "password": PASSWORD}
    assert Client().post("/sign-in/", sent).url == "/tickets/"
    assert agent.post(f"{PAGE}{factor.pk}/remove/").status_code == 404


def test_nobody_removes_another_accounts(codes, db):
    factor = SecondFactor.objects.get()
    assert signed_in(AgentFactory()).post(f"{PAGE}{factor.pk}/remove/").status_code == 404
    assert SecondFactor.objects.exists()


def test_a_session_that_has_shown_none_changes_none(codes, agent_user):
    """As one that `manage.py` or another release has made."""
    other = signed_in(agent_user)
    assert other.post(f"{PAGE}{SecondFactor.objects.get().pk}/remove/").url == "/sign-in/"
    assert not is_signed_in(other)
    assert SecondFactor.objects.exists()


def test_it_needs_the_password(codes, agent, settings):
    SignIn.objects.update(confirmed_at=timezone.now() - timedelta(hours=1))
    for path in (PAGE, f"{PAGE}app/", f"{PAGE}passkey/"):
        assert agent.get(path).url == f"/account/confirm/?next={path}"
    assert agent.post(f"{PAGE}codes/").url.startswith("/account/confirm/")


def test_an_admin_removes_those_that_somebody_has_lost(codes, agent_user):
    admin = signed_in(AdminFactory(is_staff=True))
    page = admin.get(f"/admin/auth/user/{agent_user.pk}/change/").content.decode()
    assert "authenticator app" in page
    data = {"action": "remove_second_factors", "index": "0", "_selected_action": [agent_user.pk]}
    page = admin.post("/admin/auth/user/", data, follow=True).content.decode()
    assert "Second factors removed: 1 account." in page
    assert not SecondFactor.objects.exists()


def test_a_command_removes_them(codes, agent_user, capsys):
    call_command("remove_second_factors", agent_user.username.upper())
    assert capsys.readouterr().out.startswith("Removed: 1.")
    assert not SecondFactor.objects.exists()
    with pytest.raises(CommandError):
        call_command("remove_second_factors", "nobody-of-this-name")


# --- required of admins ---


@pytest.fixture
def required(settings):
    settings.SECOND_FACTOR_FOR_ADMINS = True


@pytest.mark.parametrize(
    "values", [{"is_staff": True}, {"is_superuser": True}, {}], ids=["staff", "superuser", "admin"]
)
def test_admins_set_one_up_before_anything_else(db, required, values):
    account = AdminFactory(**values) if not values else AgentFactory(**values)
    client = signed_in(account)
    for path in ("/tickets/", "/", "/admin/", "/account/tokens/", "/dashboard/"):
        assert client.get(path).url == PAGE
    assert client.get("/api/tickets/").status_code == 403
    page = client.get(PAGE)
    assert "needs a second factor" in page.content.decode()
    assert add_app(client).status_code == 200
    assert client.get("/dashboard/").status_code == 200
    assert client.get("/api/tickets/").status_code == 200
    visitor = begin(account)
    visitor.post("/sign-in/second/", {"code": code_of()})
    assert visitor.get("/dashboard/").status_code == 200


def test_agents_and_programs_need_none(db, required, agent, client):
    assert agent.get("/dashboard/").status_code == 200
    secret = TokenFactory(user=AdminFactory(), scopes=["admin", "read"]).secret
    headers = {"Authorization": f"Bearer {secret}"}
    assert client.get("/api/tickets/", headers=headers).status_code == 200


def test_without_the_setting_nobody_does(db):
    assert signed_in(AdminFactory(is_staff=True)).get("/dashboard/").status_code == 200


def test_another_password_keeps_the_session_past_the_second_step(db, required):
    client = signed_in(AdminFactory(is_staff=True))
    add_app(client)
    sent = {"password": PASSWORD}
    sent |= dict.fromkeys(("new_password1", "new_password2"), "another correct horse")
    assert client.post("/account/password/", sent).status_code == 302
    assert client.get("/dashboard/").status_code == 200


def test_another_account_in_the_same_browser_has_shown_none(db, required):
    client = signed_in(AdminFactory(is_staff=True))
    add_app(client)
    other = AdminFactory(is_staff=True)
    client.post("/sign-in/", {"username": other.username, "password": PASSWORD})
    assert client.get("/dashboard/").url == PAGE
