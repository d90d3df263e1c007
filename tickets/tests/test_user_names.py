"""User names are compared without case."""

from importlib import import_module

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.test import Client

from tickets.exceptions import InvalidInput
from tickets.services.accounts import create_account, stored_name
from tickets.tests.factories import PASSWORD, AdminFactory, AgentFactory

pytestmark = pytest.mark.django_db


def sign_in(name, password=PASSWORD):
    client = Client()
    return client.post("/sign-in/", {"username": name, "password": password})


@pytest.mark.parametrize("name", ["lena", "Lena", "LENA"])
def test_signing_in_takes_any_case(name):
    AgentFactory(username="Lena")
    assert sign_in(name).status_code == 302


def test_other_cases_are_no_further_tries(settings):
    AgentFactory(username="lena")
    AgentFactory(username="zoe")
    for name in ("lena", "Lena", "LENA", "lEna", "leNa")[: settings.AXES_FAILURE_LIMIT]:
        response = sign_in(name, "wrong")
    assert response.status_code == 429
    assert sign_in("lenA").status_code == 429
    for name in ("none", "None", "NONE", "nOne", "noNe")[: settings.AXES_FAILURE_LIMIT]:
        response = sign_in(name, "wrong")
    assert response.status_code == 429


def test_the_database_refuses_a_name_that_differs_by_case_only():
    AgentFactory(username="lena")
    with pytest.raises(IntegrityError), transaction.atomic():
        AgentFactory(username="LENA")
    with pytest.raises(InvalidInput):
        create_account("Lena", None)


def test_the_back_office_refuses_it():
    lena, zoe = AgentFactory(username="lena"), AgentFactory(username="zoe")
    admin = Client()
    admin.force_login(AdminFactory(is_staff=True))
    values = {"username": "LENA", "usable_password": "false"}
    page = admin.post("/admin/auth/user/add/", values)
    assert "username" in page.context["adminform"].form.errors
    path = f"/admin/auth/user/{zoe.pk}/change/"
    page = admin.post(path, {"username": "Lena", "is_active": "on"})
    assert "username" in page.context["adminform"].form.errors
    path = f"/admin/auth/user/{lena.pk}/change/"
    assert admin.post(path, {"username": "Lena", "is_active": "on"}).status_code == 302


def test_names_of_earlier_releases_go_on(caplog):
    """The index leaves out the later of two names, and nothing else."""
    migration = import_module("tickets.migrations.0039_user_names")
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX {migration.NAME}")
    for name in ("lena", "Lena", "LENA", "zoe"):
        AgentFactory(username=name)
    with connection.schema_editor() as editor:
        migration.add_index(None, editor)
    assert "Lena, LENA" in caplog.text
    assert [sign_in(name).status_code for name in ("lena", "Lena", "LENA")] == [302] * 3
    assert stored_name("lENA") == "lena"  # which is nobody's: two accounts could be meant
    for name in ("leNa", "ZOE"):
        with pytest.raises(IntegrityError), transaction.atomic():
            AgentFactory(username=name)
    assert User.objects.filter(username__iexact="lena").count() == 3
