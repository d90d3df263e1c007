"""`manage.py create_token`: the secret, alone, on standard output."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from tickets.models.tokens import ApiToken
from tickets.tests.factories import AgentFactory
from tickets.vocabulary import MAX_TOKEN_NAME_CHARS

pytestmark = pytest.mark.django_db


def create(*arguments):
    out = StringIO()
    call_command("create_token", *arguments, stdout=out)
    return out.getvalue()


def test_it_prints_the_secret_and_nothing_else(client):
    printed = create("nightly export")
    secret = printed.removesuffix("\n")
    assert secret.split() == [secret]
    headers = {"Authorization": f"Bearer {secret}"}
    assert client.get("/api/tickets/", headers=headers).status_code == 200
    assert ApiToken.objects.usable(secret).name == "nightly export"


def test_by_default_a_token_reads_and_writes_and_never_expires():
    create("bot")
    token = ApiToken.objects.get()
    assert (token.scopes, token.user, token.expires_at) == (["read", "write"], None, None)


def test_a_token_is_created_as_requested():
    agent = AgentFactory(username="ada")
    create("bot", "--scopes", "write, admin", "--user", "ada", "--days", "7")
    token = ApiToken.objects.get()
    assert (token.scopes, token.user) == (["admin", "write"], agent)
    assert timedelta(days=6) < token.expires_at - timezone.now() <= timedelta(days=7)


def test_the_audit_trail_says_that_the_system_created_it():
    create("bot")
    assert ApiToken.pgh_event_model.objects.get().pgh_context["actor"] == "system"


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["bot", "--scopes", "read,root"], "Unknown scope root"),
        (["bot", "--scopes", ""], "Unknown scope"),
        (["bot", "--days", "0"], "--days must be 1 to 3650"),
        (["bot", "--days", "99999999999"], "--days must be 1 to 3650"),
        (["bot", "--user", "nobody"], "no active user nobody"),
        (["bot", "--user", "gone"], "no active user gone"),
        (["   "], "name is not usable"),
        (["\u200b"], "name is not usable"),
        (["\udcff"], "name is not usable"),
        (["x" * (MAX_TOKEN_NAME_CHARS + 1)], "name is not usable"),
    ],
)
def test_a_mistake_is_one_clear_line_and_no_token(arguments, text):
    AgentFactory(username="gone", is_active=False)
    with pytest.raises(CommandError) as caught:
        create(*arguments)
    assert text in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not ApiToken.objects.exists()
