"""Mailboxes in the back office."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tickets.models.incoming import InboundMessage, Mailbox, MailboxFetch
from tickets.services.mail.imap.lease import Lease

LIST = "/admin/tickets/mailbox/"
SECRET = "pssst-hidden"
VALUES = {
    "name": "Support",
    "address": "support@example.org",
    "is_active": "on",
    "plus_addresses": "on",
    "host": "imap.example.org",
    "port": "993",
    "security": "tls",
    "username": "support@example.org",
    "sign_in": "password",
    "password": SECRET,
    "folder": "INBOX",
    "after_fetch": "flag",
    "fetch_since": "2026-01-31T00:00:00",
}
OAUTH = {
    "sign_in": "oauth",
    "password": "",
    "oauth_token_url": "https://oauth2.googleapis.com/token",
    "oauth_client_id": "client",
    "oauth_client_secret": SECRET,
    "oauth_refresh_token": f"{SECRET}-2",
}


@pytest.fixture
def mailbox(db):
    return Mailbox.objects.create(
        name="Support",
        address="support@example.org",
        host="imap.example.org",
        username="support@example.org",
        password=SECRET,
    )


def page_of(mailbox):
    return f"{LIST}{mailbox.pk}/change/"


def errors(client, **values):
    response = client.post(f"{LIST}add/", VALUES | values)
    assert response.status_code == 200, "It was saved."
    return dict(response.context["adminform"].form.errors)


def test_admins_add_one_whose_password_is_not_shown_again(admin):
    assert admin.post(f"{LIST}add/", VALUES).status_code == 302
    mailbox = Mailbox.objects.get()
    assert (mailbox.password, mailbox.from_environment) == (SECRET, False)
    for address in (LIST, page_of(mailbox), f"{LIST}{mailbox.pk}/history/"):
        assert SECRET not in admin.get(address).content.decode()


def test_the_form_offers_what_arrived_within_a_day(admin):
    initial = admin.get(f"{LIST}add/").context["adminform"].form["fetch_since"].initial
    assert timedelta(hours=23) < timezone.now() - initial < timedelta(hours=25)


def test_saving_the_form_as_it_was_shown_changes_no_time(admin, mailbox):
    MailboxFetch.objects.create(mailbox=mailbox, uid_validity=7, last_uid=9)
    shown_time = admin.get(page_of(mailbox)).context["adminform"].form["fetch_since"].value()
    values = VALUES | {"fetch_since": f"{shown_time:%Y-%m-%dT%H:%M:%S}"}
    assert admin.post(page_of(mailbox), values).status_code == 302
    assert MailboxFetch.objects.get().last_uid == 9


def test_with_oauth_its_secrets_are_kept_too(admin):
    assert admin.post(f"{LIST}add/", VALUES | OAUTH).status_code == 302
    mailbox = Mailbox.objects.get()
    assert SECRET not in admin.get(page_of(mailbox)).content.decode()
    empty = {"oauth_client_secret": "", "oauth_refresh_token": "", "name": "Help"}
    assert admin.post(page_of(mailbox), VALUES | OAUTH | empty).status_code == 302
    mailbox.refresh_from_db()
    assert mailbox.name == "Help"
    secrets = (mailbox.oauth_client_secret, mailbox.oauth_refresh_token)
    assert secrets == (SECRET, f"{SECRET}-2")


def test_an_empty_password_keeps_the_stored_one(admin, mailbox):
    admin.post(page_of(mailbox), VALUES | {"password": "", "name": "Help"})
    mailbox.refresh_from_db()
    assert (mailbox.name, mailbox.password) == ("Help", SECRET)
    admin.post(page_of(mailbox), VALUES | {"password": "another"})
    mailbox.refresh_from_db()
    assert mailbox.password == "another"


def test_a_password_may_begin_and_end_with_spaces(admin, mailbox):
    admin.post(page_of(mailbox), VALUES | {"password": " x "})
    mailbox.refresh_from_db()
    assert mailbox.password == " x "


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"address": "support"}, "address"),
        ({"username": ""}, "username"),
        ({"password": ""}, "password"),
        ({"security": "none"}, "security"),
        ({"after_fetch": "move"}, "move_to"),
        ({"after_fetch": "move", "move_to": "INBOX"}, "move_to"),
        ({"port": "0"}, "port"),
        ({"port": "65536"}, "port"),
        (OAUTH | {"oauth_token_url": ""}, "oauth_token_url"),
        (OAUTH | {"oauth_token_url": "http://example.org/token"}, "oauth_token_url"),
        (OAUTH | {"oauth_client_id": ""}, "oauth_client_id"),
        (OAUTH | {"oauth_client_secret": "", "oauth_refresh_token": ""}, "oauth_client_secret"),
    ],
)
def test_what_cannot_work_is_refused(admin, values, field):
    assert list(errors(admin, **values)) == [field]
    assert not Mailbox.objects.exists()


def test_two_mailboxes_do_not_have_one_address(admin, mailbox):
    messages = errors(admin, name="Other", address="Support+x@Example.org")
    assert messages == {"address": ["Another mailbox has this address."]}


def test_a_mailbox_needs_no_server(admin):
    values = VALUES | {"host": "", "username": "", "password": ""}
    assert admin.post(f"{LIST}add/", values).status_code == 302


def test_a_loopback_server_needs_no_encryption(admin):
    values = VALUES | {"host": "127.0.0.1", "security": "none", "port": "143"}
    assert admin.post(f"{LIST}add/", values).status_code == 302


def test_a_change_is_tried_at_once_and_another_folder_is_looked_at_anew(admin, mailbox):
    later = timezone.now() + timedelta(minutes=10)
    MailboxFetch.objects.create(
        mailbox=mailbox, uid_validity=7, last_uid=9, failures=3, next_attempt_at=later
    )
    Mailbox.objects.update(fetch_since=None)
    values = VALUES | {"fetch_since": ""}
    admin.post(page_of(mailbox), values | {"name": "Help"})
    fetch = MailboxFetch.objects.get()
    assert (fetch.next_attempt_at, fetch.last_uid) == (None, 9)
    admin.post(page_of(mailbox), values | {"folder": "Support"})
    fetch.refresh_from_db()
    assert (fetch.uid_validity, fetch.last_uid) == (None, 0)


# --- the one of INBOX_URL ---------------------------------------------------------------


def test_what_inbox_url_says_cannot_be_changed(admin, mailbox):
    Mailbox.objects.update(from_environment=True, password="")
    values = VALUES | {"name": "Help", "host": "evil.example.org", "password": "x"}
    assert admin.post(page_of(mailbox), values).status_code == 302
    mailbox.refresh_from_db()
    assert (mailbox.name, mailbox.host, mailbox.password) == ("Help", "imap.example.org", "")
    assert not admin.get(page_of(mailbox)).context["has_delete_permission"]
    assert "INBOX_URL sets up this mailbox." in admin.get(page_of(mailbox)).content.decode()


# --- state and deleting -----------------------------------------------------------------


def test_the_list_says_how_it_goes(admin, mailbox):
    def state():
        return admin.get(LIST).content.decode()

    assert "Waiting for the worker" in state()
    assert Lease(mailbox.pk, "here:1:a").acquire()
    assert ">Works<" in state()
    MailboxFetch.objects.update(failing_since=timezone.now(), error="No <b>server</b>.")
    assert "Fails</span> since" in state()
    assert "No &lt;b&gt;server&lt;/b&gt;." in state()
    MailboxFetch.objects.update(failing_since=None, lease_until=None)
    assert "No worker fetches it" in state()
    Mailbox.objects.update(host="")
    assert "Not fetched: mail comes by another way" in state()
    Mailbox.objects.update(is_active=False)
    assert "Inactive" in state()


def test_one_without_messages_can_be_deleted(admin, mailbox):
    MailboxFetch.objects.create(mailbox=mailbox)
    message = InboundMessage.objects.create(mailbox=mailbox, sha256="0", raw=b"")
    assert admin.post(f"{LIST}{mailbox.pk}/delete/", {"post": "yes"}).status_code == 403
    data = {"action": "delete_selected", "_selected_action": [mailbox.pk], "post": "yes"}
    admin.post(LIST, data)
    assert Mailbox.objects.exists()
    message.delete()
    assert admin.post(f"{LIST}{mailbox.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not Mailbox.objects.exists()


# --- the test ---------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_the_test_says_what_does_not_work(admin, mailbox):
    Mailbox.objects.update(host="imap.example.invalid")
    response = admin.post(LIST, {"action": "test", "_selected_action": [mailbox.pk]})
    page = response.content.decode()
    assert "There is no server named imap.example.invalid: the name was not found." in page
    assert SECRET not in page


def test_one_at_a_time_is_tested(admin, mailbox):
    other = Mailbox.objects.create(name="Other", address="other@example.org")
    data = {"action": "test", "_selected_action": [mailbox.pk, other.pk]}
    page = admin.post(LIST, data, follow=True).content.decode()
    assert "Select one mailbox to test." in page


def test_agents_neither_see_nor_test_them(agent, mailbox):
    data = {"action": "test", "_selected_action": [mailbox.pk]}
    assert agent.get(LIST).status_code == 403
    assert agent.get(page_of(mailbox)).status_code == 403
    assert agent.post(LIST, data).status_code == 403
    assert agent.post(f"{LIST}add/", VALUES).status_code == 403
