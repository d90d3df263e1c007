"""Every form, with values that nobody would type: it says what is wrong, and raises nothing.

What a form lets through can be stored.
"""

import inspect
import pkgutil
from importlib import import_module

import pytest
from django import forms as django_forms
from django.contrib.auth.models import User
from django.http import QueryDict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import tickets.forms
from tickets.access.actors import user_actor
from tickets.tests.factories import UserFactory

pytestmark = pytest.mark.django_db
MODULES = [
    import_module(f"tickets.forms.{module.name}")
    for module in pkgutil.iter_modules(tickets.forms.__path__)
]
BASES = {"InputForm", "FilesForm"}
FORMS = sorted(
    {
        each
        for module in MODULES
        for each in vars(module).values()
        if inspect.isclass(each)
        and issubclass(each, django_forms.BaseForm)
        and each.__module__.startswith("tickets.forms")
        and each.__name__ not in BASES
    },
    key=lambda each: each.__name__,
)
# Forms that begin with an account, and how.
OF_ACCOUNT = {"NewPasswordForm": lambda account: account, "OwnTokenForm": user_actor}
HOSTILE = [
    *("", " ", "\0", "a\0b", "\u200b", "\u202e", "\ufeff", "\uffff", "\x1b[2J", "\r\n.\r\n"),
    *("0", "-1", "1e999", "NaN", "٣", "½", "9" * 19, "9" * 30, "-" + "9" * 30, "0x10", "1_0"),
    *("true", "null", "[]", "{}", "none", "me", "open", "critical", "newest", "billing"),
    *("2026-02-30", "9999-12-31T23:59:60Z", "0001-01-01", "2026-11-30T12:00:00+99:99", "24:00"),
    *("'; DROP TABLE tickets_ticket; --", "%", "_", "\\", "{{ 7*7 }}", "{% now %}", "%s%n", "../"),
    *("<script>alert(1)</script>", "javascript:alert(1)", "=1+1", "a@b", "a@b.c\nBcc: d@e.f"),
    *("ä@ö.example", '"a b"@example.org', "@", "a" * 65 + "@example.org", "x" * 20_001),
    *("😀" * 200, "e\u0301" * 300, "1:1", "1:1:1", "a=b&c=d", "status=open&status=open"),
    *("AAAA.BBBB:cccc", "eyJhIjoxfQ:1abc:xyz", "==", "MQ", "\ud7ff", "\U0010ffff"),
]
VALUE = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=60),
    st.integers().map(str),
    st.datetimes().map(lambda moment: moment.isoformat()),
)


@st.composite
def sent(draw, names):
    """What a browser could send for these fields: each absent, once or several times."""
    data = QueryDict(mutable=True)
    for name in names:
        data.setlist(name, draw(st.lists(VALUE, max_size=3)))
    return data


def field_names(form):
    names = set(form.base_fields)
    # Some widgets have several inputs.
    return sorted(names | {f"{name}_{n}" for name in names for n in (0, 1)})


def build(form, data, account):
    of_account = OF_ACCOUNT.get(form.__name__)
    return form(of_account(account), data) if of_account else form(data)


def texts_in(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from texts_in(each)
    elif isinstance(value, list | tuple | set):
        for each in value:
            yield from texts_in(each)


def numbers_in(value):
    if isinstance(value, int) and not isinstance(value, bool):
        yield value
    elif isinstance(value, list | tuple | set):
        for each in value:
            yield from numbers_in(each)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_it_raises_nothing_and_lets_through_what_can_be_stored(form, account, data):
    checked = build(form, data.draw(sent(field_names(form))), account)
    if not checked.is_valid():
        assert checked.errors.as_json()
        return
    for name, value in checked.cleaned_data.items():
        if "password" in name:
            continue  # hashed, and compared as it was typed
        for text in texts_in(value):
            assert "\0" not in text, name
            text.encode()
        for number in numbers_in(value):
            assert abs(number) < 2**63, name


@pytest.fixture
def account():
    return UserFactory()


def test_all_forms_are_here():
    assert len(FORMS) > 40
    assert {"SubmitForm", "ReplyForm", "SignInForm", "BulkForm"} <= {
        each.__name__ for each in FORMS
    }
    assert not User.objects.exists()
