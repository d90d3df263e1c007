"""Accounts that are locked after wrong passwords, in the back office."""

from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.conf import settings
from django.test import Client
from django.utils import timezone

from tickets.models.sign_ins import SignInLock
from tickets.tests.factories import PASSWORD, AgentFactory

LIST = "/admin/tickets/signinlock/"


def sign_in(name, password=PASSWORD, address="203.0.113.7", browser=""):
    client = Client(REMOTE_ADDR=address, headers={"User-Agent": browser})
    return client.post("/sign-in/", {"username": name, "password": password})


def lock(name, tries=settings.AXES_FAILURE_LIMIT, **values):
    for number in range(tries):
        sign_in(name, "wrong", browser=f"browser {number % 2}", **values)


def lift(client, *locks):
    selected = [each.pk for each in locks]
    data = {"action": "lift", "index": "0", "_selected_action": selected}
    return client.post(LIST, data, follow=True)


@pytest.fixture
def lena(db):
    return AgentFactory(username="lena")


def test_a_locked_account_is_there_once_and_can_be_lifted(admin, lena):
    lock("lena")
    lock("lena", address="198.51.100.4")
    assert sign_in("lena").status_code == 429
    page = admin.get(LIST).content.decode()
    assert page.count("lena") == 2
    [chosen] = SignInLock.objects.present().filter(ip_address="203.0.113.7")
    assert "Lifted: 1 lock." in lift(admin, chosen).content.decode()
    assert sign_in("lena").status_code == 302
    assert sign_in("lena", address="198.51.100.4").status_code == 429


def test_the_networks_of_one_customer_count_as_one(lena):
    for number in range(settings.AXES_FAILURE_LIMIT):
        sign_in("lena", "wrong", address=f"2001:db8:77:{number:x}::1")
    assert sign_in("lena", address="2001:db8:77:ff::1").status_code == 429
    assert sign_in("lena", address="2001:db8:78::1").status_code == 302


def test_a_few_wrong_passwords_are_no_lock_nor_are_old_ones(admin, lena):
    lock("lena", settings.AXES_FAILURE_LIMIT - 1)
    assert not SignInLock.objects.present().exists()
    lock("lena", 1)
    assert SignInLock.objects.present().exists()
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=16))
    assert not SignInLock.objects.present().exists()
    assert "lena" not in admin.get(LIST).content.decode()


def test_a_name_without_an_account_is_not_shown(admin):
    lock("hunter2-is-my-password")
    page = admin.get(LIST).content.decode()
    assert "hunter2" not in page
    assert "none of this name" in page


def test_only_admins_see_and_lift(agent, admin, lena):
    lock("lena")
    [chosen] = SignInLock.objects.present()
    assert agent.get(LIST).status_code == 403
    assert lift(agent, chosen).status_code == 403
    assert admin.get(f"{LIST}{chosen.pk}/change/").status_code in (302, 403)
    assert admin.get(f"{LIST}add/").status_code == 403
    assert sign_in("lena").status_code == 429
