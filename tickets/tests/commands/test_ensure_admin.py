"""`manage.py ensure_admin`: the first admin from the environment."""

from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from tickets.access.actors import is_admin

pytestmark = pytest.mark.django_db
SECRET = "a pass phrase of one's own"


def ensure():
    out = StringIO()
    call_command("ensure_admin", stdout=out)
    return out.getvalue()


@pytest.fixture(autouse=True)
def _on_one_machine(settings):
    settings.ALLOWED_HOSTS = ["localhost"]


@pytest.fixture
def ada(settings):
    settings.ADMIN_USERNAME, settings.ADMIN_PASSWORD = "ada", SECRET


def test_it_creates_an_admin_who_can_open_the_back_office(ada, client):
    assert ensure() == "Created the admin account ada.\n"
    user = User.objects.get(username="ada")
    assert is_admin(user)
    assert user.check_password(SECRET)
    client.force_login(user)
    assert client.get("/admin/auth/user/", headers={"host": "localhost"}).status_code == 200


def test_running_it_again_keeps_a_changed_password(ada):
    ensure()
    user = User.objects.get(username="ada")
    user.set_password("another one")
    user.save()
    assert ensure() == ""
    assert User.objects.get(username="ada").check_password("another one")


@pytest.mark.parametrize(("username", "password"), [("", ""), ("ada", ""), ("", SECRET)])
def test_without_both_variables_nothing_happens(settings, username, password):
    settings.ADMIN_USERNAME, settings.ADMIN_PASSWORD = username, password
    assert ensure() == ""
    assert not User.objects.exists()


def test_a_default_password_is_refused_on_a_published_desk(ada, settings):
    settings.ADMIN_PASSWORD = settings.DEFAULT_SECRET
    ensure()
    settings.HOST, settings.ADMIN_PASSWORD = "0.0.0.0", SECRET
    with pytest.raises(CommandError, match="ada still has the default password"):
        ensure()
    user = User.objects.get(username="ada")
    user.set_password(SECRET)
    user.save()
    assert ensure() == ""


def test_a_reserved_name_is_refused_in_one_line(ada, settings):
    settings.ADMIN_USERNAME = "none"
    with pytest.raises(CommandError, match=r"ADMIN_USERNAME: No account can be named “none”"):
        ensure()


def test_with_docker_a_desk_without_accounts_gets_one_without_variables(settings):
    settings.INSTALLATION = "compose"
    assert ensure() == "Created the admin account admin.\n"
    assert User.objects.get(username="admin").check_password(settings.DEFAULT_SECRET)
    User.objects.all().delete()
    settings.HOST = "0.0.0.0"
    with pytest.raises(CommandError, match="Set ADMIN_PASSWORD: the desk has no account yet"):
        ensure()
    settings.HOST = "127.0.0.1"
    User.objects.create_user("ada")
    assert ensure() == ""
