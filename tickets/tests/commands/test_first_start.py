"""When `make run` prepares a desk, and when it leaves alone what it finds."""

import pytest
from django.contrib.auth.models import User

from tickets.access.actors import SYSTEM
from tickets.management.commands.run_local import create_accounts, give_passwords, is_brand_new
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
