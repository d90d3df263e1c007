"""What the doctor says of the web server and of the proxies in front of it."""

import json
import re

import pytest
from django.core.signing import Signer
from django.test import Client

from tickets.services.doctor.finding import is_healthy
from tickets.services.doctor.signature import HEADER, new_signature
from tickets.services.doctor.web import look_at_web
from tickets.tests.mail_server import free_port

from .proxy import Proxy, add_client


def lines(url):
    return [f"{each.status} {each.part}: {each.text} {each.advice}" for each in look_at_web(url)]


def the_wrong_line(url):
    [line] = [line for line in lines(url) if line.startswith("wrong")]
    return line


def forwarded_by_nobody(headers):
    del headers["X-Forwarded-For"]


def replaced(headers):
    headers["X-Forwarded-For"] = "198.51.100.9"


def test_a_desk_without_a_proxy(live_server):
    assert is_healthy(look_at_web(live_server.url))
    assert "this machine is 127.0.0.1" in lines(live_server.url)[-1]


@pytest.mark.parametrize("change", [add_client, replaced])
def test_a_proxy_that_names_the_client(live_server, settings, change):
    settings.TRUSTED_PROXIES = 1
    with Proxy(live_server.url, change) as proxy:
        assert lines(proxy.url)[-1].startswith("ok proxy: 1 in front")
        assert "198.51.100.9" in lines(proxy.url)[-1]


@pytest.mark.parametrize(
    ("trusted", "change", "consequence"),
    [
        (0, add_client, "all clients count as one. Set TRUSTED_PROXIES=1"),
        (2, add_client, "clients can forge their address. Set TRUSTED_PROXIES=1"),
        (1, forwarded_by_nobody, "let each proxy add to X-Forwarded-For"),
        (1, lambda headers: None, "clients can forge their address. Set TRUSTED_PROXIES=0"),
    ],
)
def test_a_wrong_number_of_proxies(live_server, settings, trusted, change, consequence):
    settings.TRUSTED_PROXIES = trusted
    with Proxy(live_server.url, change) as proxy:
        assert consequence in the_wrong_line(proxy.url)


def test_a_proxy_that_hides_the_name(live_server, settings):
    settings.TRUSTED_PROXIES = 1

    def hide(headers):
        add_client(headers)
        headers["Host"] = "localhost:1"

    with Proxy(live_server.url, hide) as proxy:
        assert "proxy_set_header Host" in the_wrong_line(proxy.url)


def test_a_name_that_is_not_allowed(live_server, settings):
    settings.ALLOWED_HOSTS = ["desk.example.org"]
    assert "Add localhost to ALLOWED_HOSTS" in the_wrong_line(live_server.url)


def test_an_address_without_https_where_https_is_on(live_server, settings):
    settings.HTTPS, settings.SESSION_COOKIE_SECURE = True, True
    assert "Set SITE_URL to the https:// address" in the_wrong_line(live_server.url)


@pytest.mark.parametrize(
    ("answer", "advice"),
    [
        ({"status": 301, "headers": {"Location": "https://desk.example.org/"}}, "Set SITE_URL"),
        ({"status": 502}, "Look at the log of the web server"),
        ({"status": 404}, "another SECRET_KEY"),
        ({"status": 200, "headers": {"Content-Type": "text/html"}}, "another site"),
    ],
)
def test_something_else_answers(answer, advice):
    with Proxy(**answer) as other:
        assert advice in the_wrong_line(other.url)


def test_a_web_server_of_an_earlier_release():
    seen = {"version": "0.4.0", "client": "127.0.0.1", "forwarded_for": [], "scheme": "http"}
    seen |= {"host": "", "https": False, "trusted_proxies": 0}
    content = {"Content-Type": "application/json"}
    with Proxy(headers=content, body=json.dumps(seen).encode()) as earlier:
        line = next(line for line in lines(earlier.url) if "web" in line)
        assert "runs release 0.4.0" in line
        assert "Restart the web server" in line


def test_nobody_answers():
    assert "make run" in the_wrong_line(f"http://127.0.0.1:{free_port()}")
    assert "the name was not found" in the_wrong_line("http://desk.invalid")


def test_a_certificate_that_is_not_valid_or_ends_soon(certificate, monkeypatch):
    path, context = certificate  # for one day
    other = Proxy()
    other.http.socket = context.wrap_socket(other.http.socket, server_side=True)
    with other:
        url = other.url.replace("http://127.0.0.1", "https://localhost")
        assert "set SSL_CERT_FILE" in the_wrong_line(url)
        monkeypatch.setenv("SSL_CERT_FILE", str(path))
        assert re.search(r"certificate: It ends on 20\d\d-.*Renew it", lines(url)[0])


def test_strangers_learn_nothing(db):
    path = "/api/doctor/"
    old = Signer(salt="tickets.doctor").sign("doctor:1A2b3C")  # of 1998
    for signature in ("", "doctor", old, new_signature() + "x"):
        response = Client().get(path, headers={HEADER: signature})
        assert response.status_code == 404
        assert response.json()["detail"] == Client().get("/api/nothing/").json()["detail"]
    signature = new_signature()
    assert Client().post(path, headers={HEADER: signature}).status_code == 404
    assert Client().get(path, headers={HEADER: signature}).json()["client"] == "127.0.0.1"
