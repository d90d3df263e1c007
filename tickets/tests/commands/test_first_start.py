"""When `make run` prepares a desk, and when it leaves alone what it finds."""

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command

from tickets.access.actors import SYSTEM
from tickets.management.commands.run_local import (
    create_accounts,
    give_passwords,
    is_brand_new,
    known_passwords,
)
from tickets.models.housekeeping import DemoTicket
from tickets.models.ticket import Ticket
from tickets.services.accounts import create_account, create_token
from tickets.tests.factories import TicketFactory

pytestmark = pytest.mark.django_db


def demo_ticket():
    DemoTicket.objects.create(ticket=TicketFactory())


@pytest.mark.parametrize("steps", [[], [create_accounts], [create_accounts, demo_ticket]])
def test_a_desk_is_brand_new_until_its_accounts_have_passwords(settings, tmp_path, steps):
    settings.DATA_DIR = tmp_path
    for step in steps:
        step()
    assert is_brand_new()
    create_accounts()
    assert User.objects.count() == 2
    give_passwords()
    assert not is_brand_new()
    assert (tmp_path / "accounts.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("username", ["", "admin"])
def test_the_admins_password_may_be_chosen(settings, tmp_path, username):
    settings.DATA_DIR = tmp_path
    settings.ADMIN_USERNAME, settings.ADMIN_PASSWORD = username, "chosen by the operator 7"
    create_accounts()
    give_passwords()
    assert User.objects.get(username="admin").check_password("chosen by the operator 7")
    assert list(known_passwords()) == ["agent"]
    assert not is_brand_new()


def test_an_admin_of_another_name_is_not_the_demos(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    settings.ADMIN_USERNAME, settings.ADMIN_PASSWORD = "ada", "chosen by the operator 7"
    create_accounts()
    give_passwords()
    call_command("ensure_admin")
    assert list(known_passwords()) == ["agent", "admin"]
    assert User.objects.get(username="ada").check_password("chosen by the operator 7")


def a_spam_ticket():
    Ticket.objects.filter(pk=TicketFactory().pk).update(spam=True)


@pytest.mark.parametrize(
    "thing",
    [
        lambda: create_account("ada", "a pass phrase of one's own"),
        lambda: create_token("export", ["read"], SYSTEM),
        lambda: TicketFactory(),
        a_spam_ticket,
    ],
)
def test_a_desk_that_somebody_uses_gets_no_demo_tickets(thing):
    thing()
    assert not is_brand_new()
