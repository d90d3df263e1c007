"""Hand-edited addresses and forms: Django redirects or refuses them, and none is a server error."""

from itertools import product
from urllib.parse import quote

import pytest
from django.contrib import admin as django_admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import path as url_path
from django.urls import reverse
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from config import urls
from tickets.models.events import ErasedAddress, Erasure
from tickets.models.incoming import InboundMessage, Mailbox
from tickets.models.mail import BouncedAddress, Email
from tickets.models.sign_ins import SignInLock
from tickets.models.spam import BlockedAddress
from tickets.models.ticket import Ticket
from tickets.models.triage import Feedback, Prediction, TriageModel
from tickets.models.workplace import SavedView
from tickets.tests.factories import AgentFactory, PredictionFactory, TicketFactory, TokenFactory

VALUES = ["", "abc", "-1", "9" * 5000, "\0", "2026-13-45"]
FORM_VALUES = ["", "abc", "9" * 5000, "\0"]
KEYS = ["abc", "0", "-1", "1_2F", "1/2", "9" * 20, "9" * 5000, "\0", "_00", "é"]
LOOKUPS = ["", "__exact", "__isnull", "__gte", "__regex"]
LIST_PARAMETERS = [
    *("q", "o", "p", "all", "e", "_popup", "_to_field", "_facets", "_changelist_filters"),
    *("unknown", "\0", "id", "pk__in", "password__startswith"),
]
FORM_PARAMETERS = ["_to_field", "_popup", "_changelist_filters", "_continue", "_addanother"]
INLINE_PARAMETERS = [
    *("comments-TOTAL_FORMS", "comments-INITIAL_FORMS", "comments-MAX_NUM_FORMS"),
    *("comments-0-id", "comments-0-ticket", "comments-0-public"),
]
LIST = "/admin/tickets/ticket/"
MODEL_NAMES = [model._meta.label_lower for model in django_admin.site._registry]


@pytest.fixture
def browser(admin_user):
    """Return an admin's browser that gets the error page instead of the exception."""
    browser = Client(raise_request_exception=False)
    browser.force_login(admin_user)
    return browser


@pytest.fixture
def rows(admin_user):
    """Return one row of each list, by model name."""
    ticket = TicketFactory(assignee=AgentFactory())
    job = app.configure_task("tickets.tasks.triage_ticket").defer(ticket_id=ticket.pk)
    rows = [
        ticket,
        admin_user,
        Group.objects.first(),
        TokenFactory(),
        PredictionFactory(ticket=ticket),
        Feedback.objects.create(ticket=ticket, field="category", value="billing", corrected=True),
        TriageModel.objects.create(field="category"),
        Email.objects.create(ticket=ticket, kind="reply", event="reply"),
        Mailbox.objects.create(name="Support", address="support@example.org"),
        InboundMessage.objects.create(raw=b"Subject: Hello", sha256="x", ticket=ticket),
        BouncedAddress.objects.create(address="kim@example.org", folded="kim@example.org"),
        BlockedAddress.objects.create(address="kim@example.org", ticket=ticket),
        SavedView.objects.create(name="Hot", owner=admin_user),
        SignInLock.objects.create(
            username=admin_user.username, ip_address="203.0.113.7", failures_since_start=9
        ),
        Erasure.objects.create(ticket_number=ticket.pk, actor="ada", events=1),
        ErasedAddress.objects.create(keyed_hash="x", actor="ada"),
        ProcrastinateJob.objects.get(pk=job),
    ]
    return {row._meta.label_lower: row for row in rows}


def address(model_name, page, *arguments):
    return reverse(f"admin:{model_name.replace('.', '_')}_{page}", args=arguments)


def filters(model_name):
    model_admin = next(
        model_admin
        for model, model_admin in django_admin.site._registry.items()
        if model._meta.label_lower == model_name
    )
    fields = [item[0] if isinstance(item, tuple) else item for item in model_admin.list_filter]
    return [getattr(field, "parameter_name", field) for field in fields]


def assert_no_server_error(response, *request):
    assert response.status_code < 500, request


def test_every_list_is_covered(rows):
    assert rows.keys() == set(MODEL_NAMES)


@pytest.mark.parametrize("model_name", MODEL_NAMES)
def test_a_list_takes_any_query(browser, rows, model_name):
    path = address(model_name, "changelist")
    lookups = [f"{name}{lookup}" for name in filters(model_name) for lookup in LOOKUPS]
    for name, value in product([*LIST_PARAMETERS, *lookups], VALUES):
        query = f"{quote(name)}={quote(value)}"
        assert_no_server_error(browser.get(f"{path}?{query}"), path, query)
    for query in ("o=99.-x", "o=1.2.-3", "p=2&e=1", "o=%C2%B2", "q=%22", "a=1&a=2", "&&=&="):
        assert_no_server_error(browser.get(f"{path}?{query}"), path, query)


@pytest.mark.parametrize("model_name", MODEL_NAMES)
def test_a_list_takes_any_action(browser, rows, model_name):
    path = address(model_name, "changelist")
    row = rows[model_name]
    page = browser.get(path)
    form = page.context["action_form"]
    choices = form.fields["action"].choices if form else []
    grouped = [choice for _, group in choices if isinstance(group, list) for choice in group]
    actions = [name for name, label in [*choices, *grouped] if isinstance(label, str)]
    valid = {"index": "0", "action": (actions or [""])[-1], "_selected_action": row.pk}
    for action, value in product(actions, VALUES):
        data = valid | {"action": action, "_selected_action": value}
        assert_no_server_error(browser.post(path, data), path, data)
    names = ["index", "action", "_selected_action", "select_across", "post", "assign", "assignee"]
    for name, value in product(names, VALUES):
        data = valid | {"action": "nope" if name == "index" else valid["action"], name: value}
        assert_no_server_error(browser.post(path, data), path, data)


@pytest.mark.parametrize("model_name", MODEL_NAMES)
def test_a_page_of_a_row_takes_any_id(browser, rows, model_name):
    pages = ["change", "delete", "history"]
    for page, key in product(pages, KEYS):
        path = address(model_name, page, "0").replace("/0/", f"/{quote(key, safe='')}/")
        for response in (browser.get(path), browser.post(path, {"post": "yes"})):
            assert_no_server_error(response, path)


@pytest.mark.parametrize("model_name", MODEL_NAMES)
def test_a_form_takes_any_value(browser, rows, model_name):
    for path in (address(model_name, "add"), address(model_name, "change", rows[model_name].pk)):
        response = browser.get(path)
        if response.status_code == 403:
            continue
        form = response.context["adminform"].form
        initial = {name: form[name].value() for name in form.fields}
        valid = {name: value for name, value in initial.items() if value not in (None, False)}
        names = [*form.fields, *FORM_PARAMETERS, *INLINE_PARAMETERS]
        for name, value in product(names, FORM_VALUES):
            query = f"{quote(name)}={quote(value)}"
            assert_no_server_error(browser.get(f"{path}?{query}"), path, query)
            data = valid | {name: value}
            assert_no_server_error(browser.post(path, data), path, data)


def test_the_search_of_accounts_takes_any_query(browser, rows):
    valid = {"app_label": "tickets", "model_name": "ticket", "field_name": "assignee"}
    for name, value in product([*valid, "term", "page", "\0", "_to_field"], VALUES):
        response = browser.get("/admin/autocomplete/", valid | {name: value})
        assert_no_server_error(response, name, value)


def test_the_other_addresses_take_any_path_and_value(browser, admin_user):
    LogEntry.objects.create(user=admin_user, object_repr="x", action_flag=2)
    patterns = ["r/{}/1/", "r/1/{}/", "{}/", "tickets/{}/", "auth/user/{}/password/", "jsi18n/{}"]
    for pattern, key in product(patterns, [*KEYS, "tickets", "ticket"]):
        path = f"/admin/{pattern.format(quote(key, safe=''))}"
        assert_no_server_error(browser.get(path), path)
    for page, name, value in product(("", "login/", "password_change/"), ("next", "e"), VALUES):
        path = f"/admin/{page}?{name}={quote(value)}"
        assert_no_server_error(browser.get(path), path)


def broken(request):
    raise ValueError("a bug")


urlpatterns = [url_path("admin/broken/", django_admin.site.admin_view(broken)), *urls.urlpatterns]
handler500 = urls.handler500


def test_a_bug_is_a_logged_server_error(browser, settings, caplog):
    settings.ROOT_URLCONF = __name__
    response = browser.get("/admin/broken/")
    assert response.status_code == 500
    assert response["X-Request-ID"] in response.content.decode()
    assert "Internal Server Error: /admin/broken/" in caplog.text


# --- what is refused, and what only leads back to the list ---


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("status__exact", "foo"), ("created_at__gte", "0001-01-01T00:00Z")),
        *(("p", "x"), ("o", "99"), ("o", "abc"), ("assignee", "nobody.known")),
    ],
)
def test_a_harmless_parameter_is_used_or_ignored(browser, rows, name, value):
    path = address("tickets.ticket", "changelist")
    assert browser.get(path, {name: value}).status_code == 200


@pytest.mark.parametrize(
    ("name", "value"), [("p", "99"), ("p", "9" * 20), ("p", "0"), ("created_at__gte", "yesterday")]
)
def test_a_list_that_cannot_be_displayed_redirects_to_the_whole_list(
    browser, monkeypatch, name, value
):
    monkeypatch.setattr("tickets.admin.base.DeskModelAdmin.list_per_page", 1)
    TicketFactory.create_batch(2)
    path = address("tickets.ticket", "changelist")
    response = browser.get(path, {name: value})
    assert (response.status_code, response.url) == (302, f"{path}?e=1")
    assert browser.get(response.url).status_code == 200
    assert browser.get(path, {name: value, "e": "1"}).status_code == 200


@pytest.mark.parametrize(
    ("name", "value"), [("status", "open"), ("status__regex", "o"), ("nope", "1"), ("q", "\0")]
)
def test_a_parameter_that_no_filter_has_is_refused(browser, rows, caplog, name, value):
    assert browser.get(f"{LIST}?{quote(name)}={quote(value)}").status_code == 400
    assert not [entry for entry in caplog.records if entry.exc_info]


@pytest.mark.parametrize("value", ["abc", "\0", "9" * 30])
def test_an_account_must_be_a_number(browser, rows, value):
    ticket, token = rows["tickets.ticket"], rows["tickets.apitoken"]
    for path, name in (
        (address("tickets.ticket", "add"), "assignee"),
        (address("tickets.ticket", "change", ticket.pk), "assignee"),
        (address("tickets.apitoken", "add"), "user"),
    ):
        assert browser.post(path, {name: value}).status_code == 400
        assert browser.get(f"{path}?{name}={quote(value)}").status_code == 400
    assert Ticket.objects.get().version == ticket.version
    assert type(token).objects.count() == 1
    assert Prediction.objects.count() == 1
