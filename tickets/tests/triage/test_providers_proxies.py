"""Proxies: which one leads where, and that no proxy can extend the deadline."""

import dataclasses
import socket
import time

import pytest
from urllib3.util import parse_url

from tickets.triage.providers import table
from tickets.triage.providers.base import Endpoint, ProviderError
from tickets.triage.providers.proxies import Proxies, Proxy
from tickets.triage.providers.transport import Transport

from .canned import Canned, answer, answer_of
from .proxy import HOST, FakeProxy
from .test_providers import ENDPOINTS, KEY, ask, failure

SITE = "https://api.example.org/v1"


def chosen(url=SITE, **proxies):
    proxy = Proxies(**proxies).leading_to(parse_url(url))
    return proxy and proxy.variable


@pytest.mark.parametrize(
    ("url", "proxies", "variable"),
    [
        (SITE, {}, None),
        (SITE, {"https": "p:1"}, "HTTPS_PROXY"),
        (SITE, {"http": "p:1"}, None),
        ("http://model.example:8000", {"http": "p:1"}, "HTTP_PROXY"),
        ("http://model.example:8000", {"https": "p:1"}, None),
        (SITE, {"fallback": "p:1"}, "ALL_PROXY"),
        (SITE, {"https": "p:1", "fallback": "q:1"}, "HTTPS_PROXY"),
        ("http://model.example", {"https": "p:1", "fallback": "q:1"}, "ALL_PROXY"),
    ],
)
def test_each_scheme_has_its_proxy(url, proxies, variable):
    assert chosen(url, **proxies) == variable


@pytest.mark.parametrize(
    ("exceptions", "url", "is_direct"),
    [
        ("", SITE, False),
        ("*", SITE, True),
        ("example.org", SITE, True),
        (".example.org", SITE, True),
        ("*.example.org", SITE, True),
        ("API.Example.ORG", SITE, True),
        ("api.example.org:443", SITE, True),
        ("api.example.org:8443", SITE, False),
        ("other.org, example.org", SITE, True),
        ("other.org example.org", SITE, True),
        ("ample.org", SITE, False),
        ("example.org.evil", SITE, False),
        (".", SITE, False),
        (",,", SITE, False),
        ("10.0.0.0/8", "https://10.1.2.3/", True),
        ("10.0.0.0/8", "https://11.1.2.3/", False),
        ("10.1.2.3:8443", "https://10.1.2.3:8443/", True),
        ("10.1.2.3", "https://10.1.2.30/", False),
        ("fd00::/8", "https://[fd00::1]/", True),
        ("[fd00::1]:443", "https://[fd00::1]/", True),
        ("fd00::1", "https://[fd00::2]/", False),
        ("", "https://localhost:8000/", True),
        ("", "https://model.localhost/", True),
        ("", "https://127.0.0.2/", True),
        ("", "https://[::1]:8000/", True),
        ("", "https://localhost.example.org/", False),
        ("<-loopback>", "https://127.0.0.1/", False),
        ("<-loopback>, localhost", "https://localhost/", True),
    ],
)
def test_exceptions_are_reached_directly(exceptions, url, is_direct):
    variable = chosen(url, https="p:1", exceptions=exceptions)
    assert variable == (None if is_direct else "HTTPS_PROXY")


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("http://p.example:3128", "http://p.example:3128"),
        ("http://kim:se%40cret@p.example:3128", "http://p.example:3128"),
        ("kim:secret@p.example:3128", "p.example:3128"),
        ("HTTP://kim:se@cret@p.example", "HTTP://p.example"),
    ],
)
def test_a_proxy_is_shown_without_its_password(address, expected):
    assert Proxy("HTTPS_PROXY", address).without_credentials == expected
    assert "se" not in repr(Proxies(https=address, http=address, fallback=address))


@pytest.fixture
def proxied(certificate, monkeypatch):
    """Build a provider that reaches a server by name, with or without TLS, through a proxy."""
    path, context = certificate
    monkeypatch.setenv("SSL_CERT_FILE", str(path))

    def build(name, server, proxy, scheme="https"):
        proxies = Proxies(fallback=proxy.url)
        port = server.address.rpartition(":")[2]
        address = f"{scheme}://{HOST}:{port}"
        endpoint = dataclasses.replace(ENDPOINTS[name], base_url=address, proxies=proxies)
        return table.build(endpoint)

    build.tls = context
    return build


@pytest.mark.parametrize("name", ENDPOINTS)
def test_a_service_is_reached_through_a_tunnel(proxied, name):
    with Canned(answer_of(name), tls=proxied.tls) as server, FakeProxy() as proxy:
        provider = proxied(name, server, proxy)
        assert [ask(provider).text for _ in range(2)] == ["{}", "{}"]
        (head,) = proxy.requests  # one tunnel for both
        assert head.startswith(f"CONNECT {HOST}:{server.address.rpartition(':')[2]} ")
        assert KEY not in head
        assert server.connections == 1


@pytest.mark.parametrize("name", ENDPOINTS)
def test_a_service_without_tls_is_reached_by_a_request_to_the_proxy(proxied, name):
    with Canned(answer_of(name)) as server, FakeProxy() as proxy:
        assert ask(proxied(name, server, proxy, "http")).text == "{}"
        assert proxy.requests[0].startswith(f"POST http://{HOST}:")
        host = f"\r\nhost: {HOST}:{server.address.rpartition(':')[2]}"
        assert host in server.requests[0].decode().lower()


@pytest.mark.parametrize("scheme", ["https", "http"])
def test_a_proxy_gets_its_user_and_password_and_the_service_does_not(proxied, scheme):
    tls = proxied.tls if scheme == "https" else None
    with Canned(answer_of("openai"), tls=tls) as server, FakeProxy(credentials="kim:se:cret") as p:
        assert ask(proxied("openai", server, p, scheme)).text == "{}"
        if scheme == "https":
            assert b"proxy-authorization" not in server.requests[0].lower()


def test_a_percent_encoded_password_is_decoded(proxied):
    tls = proxied.tls
    with Canned(answer_of("openai"), tls=tls) as server, FakeProxy(credentials="kim:p@ss") as proxy:
        proxy.url = f"http://kim:p%40ss@{proxy.address}"
        assert ask(proxied("openai", server, proxy)).text == "{}"


@pytest.mark.parametrize("behaviour", ["refuse", "bad", "garble", "close"])
@pytest.mark.parametrize("name", ENDPOINTS)
def test_a_proxy_that_opens_no_tunnel_is_named_as_the_cause(proxied, name, behaviour):
    with Canned(answer_of(name), tls=proxied.tls) as server, FakeProxy(behaviour) as proxy:
        assert failure(proxied(name, server, proxy)).reason == "proxy"
        assert server.requests == []


def test_a_proxy_that_refuses_a_plain_request_is_named_as_the_cause(proxied):
    with Canned(answer_of("openai")) as server, FakeProxy("refuse") as proxy:
        assert failure(proxied("openai", server, proxy, "http")).reason == "proxy"


@pytest.mark.parametrize("scheme", ["https", "http"])
@pytest.mark.parametrize("name", ENDPOINTS)
def test_an_absent_proxy_is_named_as_the_cause(proxied, name, scheme):
    with Canned(answer_of(name)) as server, FakeProxy() as gone:
        with socket.create_server(("127.0.0.1", 0)) as closed:
            gone.url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        assert failure(proxied(name, server, gone, scheme)).reason == "proxy"


@pytest.mark.parametrize(
    "address",
    ["socks5://127.0.0.1:1080", "https://127.0.0.1:1", "http://", "http://[::1", "a b", "x:一@p"],
)
def test_a_proxy_of_another_kind_is_refused_before_anything_is_sent(address):
    with Canned(answer({})) as server:
        url = f"http://{HOST}:{server.address.rpartition(':')[2]}/"
        with pytest.raises(ProviderError) as caught:
            Transport(Proxies(fallback=address)).post(url, {}, b"{}", 30.0)
    assert caught.value.reason == "proxy"
    assert server.requests == []


@pytest.mark.parametrize("behaviour", ["hang", "drip", "drip_headers", "drip_answer"])
@pytest.mark.parametrize("name", ENDPOINTS)
def test_a_slow_proxy_ends_at_the_deadline(proxied, name, behaviour):
    with Canned(answer_of(name), tls=proxied.tls) as server, FakeProxy(behaviour) as proxy:
        provider = proxied(name, server, proxy)
        started = time.monotonic()
        assert failure(provider, timeout=0.6).reason == "deadline"
        assert 0.5 < time.monotonic() - started < 5


@pytest.mark.parametrize("behaviour", ["hang", "drip_answer"])
def test_a_slow_proxy_of_plain_requests_ends_at_the_deadline(proxied, behaviour):
    with Canned(answer_of("openai")) as server, FakeProxy(behaviour) as proxy:
        started = time.monotonic()
        assert failure(proxied("openai", server, proxy, "http"), timeout=0.6).reason == "deadline"
        assert time.monotonic() - started < 5


class SlowTunnel(FakeProxy):
    """It takes two thirds of the time that the tests below have."""

    def _pass_on(self, *arguments):
        time.sleep(1.0)
        super()._pass_on(*arguments)


def test_the_time_to_open_a_tunnel_counts_for_the_answer(proxied):
    slow = [answer_of("openai")[:5], answer_of("openai")[5:]]
    with Canned(slow, tls=proxied.tls, pause=1.0) as server, SlowTunnel() as proxy:
        started = time.monotonic()
        assert failure(proxied("openai", server, proxy), timeout=1.5).reason == "deadline"
        assert time.monotonic() - started < 1.9


def test_the_time_to_open_a_tunnel_counts_for_the_start_of_tls():
    with socket.create_server(("127.0.0.1", 0)) as silent, SlowTunnel() as proxy:
        url = f"https://{HOST}:{silent.getsockname()[1]}/"
        started = time.monotonic()
        with pytest.raises(ProviderError, match="deadline"):
            Transport(Proxies(https=proxy.url)).post(url, {}, b"{}", 1.5)
        assert time.monotonic() - started < 1.9


@pytest.mark.parametrize("name", ENDPOINTS)
def test_a_server_on_this_machine_is_reached_directly(name):
    with FakeProxy() as proxy, Canned(answer_of(name)) as server:
        proxies = Proxies(https=proxy.url, http=proxy.url, fallback=proxy.url)
        endpoint = dataclasses.replace(ENDPOINTS[name], base_url=server.url, proxies=proxies)
        assert ask(table.build(endpoint)).text == "{}"
        assert proxy.requests == []


def test_it_is_reached_through_the_proxy_if_that_is_wanted():
    with FakeProxy() as proxy, Canned(answer_of("local")) as server:
        proxies = Proxies(http=proxy.url, exceptions="<-loopback>")
        endpoint = Endpoint("local", "m", needs_key=False, base_url=server.url, proxies=proxies)
        assert ask(table.build(endpoint)).text == "{}"
        assert len(proxy.requests) == 1


@pytest.mark.parametrize("name", ENDPOINTS)
def test_a_name_that_the_proxy_resolves_is_not_looked_up_here(proxied, name, monkeypatch):
    lookup, names = socket.getaddrinfo, []

    def note(host, *arguments, **options):
        names.append(host)
        return lookup(host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", note)
    with Canned(answer_of(name), tls=proxied.tls) as server, FakeProxy() as proxy:
        ask(proxied(name, server, proxy))
    assert HOST not in names
