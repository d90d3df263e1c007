"""Requests that are invalid outside any form: cookies, headers, URLs of the admin."""

from urllib.parse import unquote_to_bytes

import pytest

from tickets.models.ticket import Ticket
from tickets.tests.factories import AdminFactory, AgentFactory, TicketFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/", "/tickets/", "/sign-in/", "/api/tickets/", "/api/docs/"])
@pytest.mark.parametrize("cookie", ['sessionid="aaaaaaaaaaaa\\000b"', "form_key=\u00f0\u009f"])
def test_an_invalid_cookie_is_ignored(client, path, cookie):
    plain = client.get(path)
    assert client.get(path, HTTP_COOKIE=cookie).status_code == plain.status_code


@pytest.mark.parametrize("current_url", ["http://[", "http://[::1", "//["])
def test_htmx_with_an_invalid_current_url_is_sent_to_the_sign_in_page(client, current_url):
    response = client.get("/tickets/", HTTP_HX_REQUEST="true", HTTP_HX_CURRENT_URL=current_url)
    assert response.status_code == 200
    assert response["HX-Redirect"].startswith("/sign-in/")


def test_the_apis_root_is_a_json_404(client):
    for path in ("/api", "/api/"):
        response = client.get(path)
        assert response.status_code == 404
        assert response["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("version", ["0", "2", "99999"])
def test_a_version_that_never_existed_overwrites_nothing(client, version):
    ticket = TicketFactory(title="Kept")
    client.force_login(AgentFactory())
    response = client.post(f"/tickets/{ticket.pk}/", {"version": version, "title": "OVER"})
    ticket.refresh_from_db()
    assert response.status_code == 409
    assert ticket.title == "Kept"


@pytest.mark.parametrize(
    "query",
    [
        "created_at__gte=0001-01-01%2000:00:00%2B23:59",
        "q=%23" + "9" * 5000,
        "assignee__id__exact=x",
    ],
)
def test_an_invalid_admin_url_is_not_a_server_error(client, query):
    client.force_login(AdminFactory())
    assert client.get(f"/admin/tickets/ticket/?{query}").status_code < 500


def test_an_invalid_admin_form_is_not_a_server_error(client):
    client.force_login(AdminFactory())
    assert client.get("/admin/tickets/ticket/add/?assignee=x").status_code < 500
    assert client.get("/admin/procrastinate/procrastinatejob/?status__exact=x").status_code < 500
    token = {"name": "x", "scopes": "read", "user": "x"}
    assert client.post("/admin/tickets/apitoken/add/", token).status_code < 500
    selection = {"action": "delete_selected", "_selected_action": "9" * 5000}
    assert client.post("/admin/tickets/ticket/", selection).status_code < 500


NOT_UTF8 = [b"abc%FF%FE", b"%ED%A0%80", b"%C0%AF", b"%C3"]


def multipart(fields):
    parts = [
        b'--limit\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
        % (name.encode(), unquote_to_bytes(value))
        for name, value in fields.items()
    ]
    return b"".join(parts) + b"--limit--\r\n"


def urlencoded(fields):
    return b"&".join(name.encode() + b"=" + value for name, value in fields.items())


@pytest.mark.parametrize("invalid", NOT_UTF8)
@pytest.mark.parametrize(
    ("content_type", "encode"),
    [
        ("application/x-www-form-urlencoded", urlencoded),
        ("multipart/form-data; boundary=limit", multipart),
    ],
)
def test_a_form_that_is_not_utf8_is_rejected(client, invalid, content_type, encode):
    fields = {"title": b"abc", "description": b"A text."}
    response = client.post("/", encode(fields | {"title": invalid}), content_type=content_type)
    assert response.status_code == 400
    assert "not UTF-8" in response.content.decode()
    assert not Ticket.objects.exists()
    assert client.post("/", encode(fields | {"title": b"%EF%BF%BD"}), content_type=content_type).url
    assert (
        Ticket.objects.get().title == "\ufffd"
    )  # a valid character, which the sender may have meant


def test_an_admin_form_that_is_not_utf8_is_rejected(client):
    client.force_login(AdminFactory())
    ticket = TicketFactory(title="Kept")
    path = f"/admin/tickets/ticket/{ticket.pk}/change/"
    response = client.post(path, b"title=%FF", content_type="application/x-www-form-urlencoded")
    assert response.status_code == 400
    assert "not UTF-8" in response.content.decode()


@pytest.mark.parametrize(
    "path", ["/", "/tickets/", "/dashboard/", "/sign-in/", "/admin/tickets/ticket/"]
)
@pytest.mark.parametrize("invalid", NOT_UTF8)
def test_a_url_that_is_not_utf8_is_rejected(client, path, invalid):
    client.force_login(AdminFactory())
    assert client.get(f"{path}?q={invalid.decode()}").status_code == 400
