"""The desk's name and logo wherever they appear."""

import pytest
from django.conf import settings as django_settings
from django.urls import reverse

from config.environment import read
from config.environment.logo import Logo
from config.settings import FILE_POLICY, IMAGE_POLICY
from tickets.models.mail import Email
from tickets.services.mail import rendering
from tickets.tests.factories import AdminFactory, TicketFactory

from .conftest import signed_in

NAME = "Acme <Help> & Co"
ESCAPED = "Acme &lt;Help&gt; &amp; Co"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
PNG = b"\x89PNG\r\n\x1a\n1234"


def read_logo(tmp_path, content):
    path = tmp_path / "logo"
    path.write_bytes(content)
    return read({"DESK_LOGO": str(path)})["DESK_LOGO"]


@pytest.fixture
def branded(settings, tmp_path):
    settings.DESK_NAME, settings.DESK_LOGO = NAME, read_logo(tmp_path, PNG)
    return settings.DESK_LOGO


@pytest.mark.parametrize("path", ["/", "/sign-in/", "/tickets/", "/api/docs/", "/nowhere/"])
def test_pages_show_both(branded, agent, visitor, path):
    client = visitor if path == "/sign-in/" else agent
    text = client.get(path, follow=True).content.decode()
    assert f"· {ESCAPED}</title>" in text
    assert f'<img src="{branded.address}" alt="" height="24"><span>{ESCAPED}</span></a>' in text
    assert f'<link rel="icon" href="{branded.address}">' in text
    assert "Support desk" not in text


def test_the_requesters_page_shows_both(branded, visitor, ticket):
    text = visitor.get(ticket.private_link_path()).content.decode()
    assert ESCAPED in text
    assert branded.address in text


def test_the_back_office_shows_the_logo(branded, db):
    text = signed_in(AdminFactory(is_staff=True)).get("/admin/").content.decode()
    assert f'<img src="{branded.address}" alt="" height="24">' in text


def test_the_defaults_are_the_name_and_icon_of_before(visitor, db):
    text = visitor.get("/sign-in/").content.decode()
    assert "· Support desk</title>" in text
    assert '<img src="/static/favicon.svg" alt="" width="24" height="24">' in text


def message(ticket):
    return rendering.render(Email(ticket=ticket, kind="received", event="received 1"))


def test_messages_name_the_desk_and_show_its_logo(branded, settings, db):
    email = message(TicketFactory(requester_email="kim@example.org"))
    [html] = [alternative.content for alternative in email.alternatives]
    assert f'<img src="{settings.SITE_URL}{branded.address}" alt="" height="24">' in html
    assert ESCAPED in html
    assert f"\n-- \n{NAME}\n" in email.body


def test_messages_show_no_svg(settings, tmp_path, db):
    ticket = TicketFactory(requester_email="kim@example.org")
    for logo in (None, read_logo(tmp_path, SVG), Logo("/static/logo.SVG")):
        settings.DESK_LOGO = logo
        [html] = [alternative.content for alternative in message(ticket).alternatives]
        assert "<img" not in html


@pytest.mark.parametrize(("content", "kind"), [(PNG, "image/png"), (SVG, "image/svg+xml")])
def test_the_file_is_served_without_a_way_to_run_a_script(
    settings, tmp_path, visitor, content, kind
):
    settings.DESK_LOGO = logo = read_logo(tmp_path, content)
    assert logo.address == reverse("desk-logo", args=[logo.name])
    response = visitor.get(logo.address)
    assert (response.status_code, response.content) == (200, content)
    assert response["Content-Type"] == kind
    assert response["Content-Security-Policy"] == IMAGE_POLICY
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"] == "public, max-age=31536000, immutable"


def test_no_other_name_is_served(branded, settings, visitor, db):
    assert visitor.get("/logo/0000000000000000.png").status_code == 404
    settings.DESK_LOGO = Logo("/static/logo.png")
    assert visitor.get("/logo/logo.png").status_code == 404
    settings.DESK_LOGO = None
    assert visitor.get(branded.address).status_code == 404


def test_static_svgs_run_no_script_either():
    headers = {}
    django_settings.WHITENOISE_ADD_HEADERS_FUNCTION(headers, "", "/static/favicon.1a.svg")
    assert headers["Content-Security-Policy"] == IMAGE_POLICY
    headers = {}
    django_settings.WHITENOISE_ADD_HEADERS_FUNCTION(headers, "", "/static/css/desk.css")
    assert headers["Content-Security-Policy"] == FILE_POLICY
