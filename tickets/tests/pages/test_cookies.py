"""What the desk's cookies are called behind HTTPS: names that no other site can write."""

import pytest
from django.test import Client

from tickets.api.openapi.document import document
from tickets.tests.factories import PASSWORD, AgentFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def https(settings):
    settings.HTTPS = settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True


def sign_in(client):
    client.get("/sign-in/")
    user = AgentFactory()
    return client.post("/sign-in/", {"username": user.username, "password": PASSWORD})


def cookies_of_a_visit(client):
    client.get("/")
    client.post("/theme/", {"theme": "dark"})
    client.post("/language/", {"language": "de"})
    sign_in(client)
    client.post("/", {"description": "It is on fire."})  # the next page says what was done
    return client.cookies


NAMES = {"form_key", "theme", "language", "sessionid", "csrftoken", "messages"}


def test_without_https_names_are_plain(client):
    assert set(cookies_of_a_visit(client)) == NAMES


def test_behind_https_each_is_bound_to_this_host(client, https):
    cookies = cookies_of_a_visit(client)
    assert set(cookies) == {f"__Host-{name}" for name in NAMES}
    for cookie in cookies.values():
        assert (cookie["secure"], cookie["path"], cookie["domain"]) == (True, "/", "")
        assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")


def test_behind_https_they_are_read_under_these_names(client, https):
    client.post("/theme/", {"theme": "dark"})
    assert b'data-theme="dark"' in client.get("/").content
    sign_in(client)
    assert client.get("/tickets/?sort=newest").status_code == 200


@pytest.mark.parametrize("name", ["sessionid", "csrftoken", "theme"])
def test_behind_https_a_planted_cookie_is_ignored(client, https, name):
    client.force_login(AgentFactory())  # knows the plain names only
    client.cookies["csrftoken"], client.cookies["theme"] = "x" * 32, "dark"
    assert client.get("/tickets/").status_code == 302
    page = client.get("/sign-in/")
    assert b'data-theme="dark"' not in page.content
    assert name not in page.cookies


WHITE_SPACE = [*"\u2000\u2003\u3000\u1680\u2028\u202f\u0085\u00a0\x0b\x0c\x1c\x1f"]


@pytest.mark.parametrize("space", WHITE_SPACE, ids=ascii)
def test_behind_https_white_space_before_a_name_makes_it_another(client, https, space):
    """Django removes it, browsers do not: there, any host of the domain may set such a cookie."""
    sign_in(client)
    own, other = client.cookies["__Host-sessionid"].value, Client()
    sign_in(other)
    planted = f"__Host-sessionid={other.cookies['__Host-sessionid'].value}"
    planted = f"{space}{planted}".encode().decode("latin-1")  # as WSGI passes it on

    def account(*cookies):
        response = Client().get("/account/", HTTP_COOKIE="; ".join(cookies))
        return response.context["user"].pk if response.status_code == 200 else None

    assert account(planted) is None
    user = account(f"__Host-sessionid={own}")
    assert user is not None
    assert account(f"__Host-sessionid={own}", planted) == user
    assert account(planted, f"__Host-sessionid={own}") == user
    assert account(f"\t __Host-sessionid={own} ") == user


def test_behind_https_a_cookie_is_deleted_under_its_name(client, https):
    sign_in(client)
    client.post("/sign-out/")
    cookie = client.cookies["__Host-sessionid"]
    assert (cookie.value, cookie["max-age"], cookie["secure"], cookie["path"]) == ("", 0, True, "/")


def test_behind_https_browsers_are_told_to_stay_there(settings, https):
    settings.SECURE_HSTS_SECONDS, settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = 31_536_000, True
    response = Client().get("/", secure=True)
    assert response["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"


def test_the_api_document_names_the_cookie(https):
    scheme = document.__wrapped__()["components"]["securitySchemes"]["session"]
    assert scheme["name"] == "__Host-sessionid"
