"""nginx with HTTPS of its own: deploy/tls.conf, as docker-compose.tls.yml mounts it."""

import http.client
import json
import os
import shutil
import signal
import socket
import ssl

import pytest

from .echo import start_echo
from .servers import Nginx, temporary_root

PROOF = "/.well-known/acme-challenge/"


@pytest.fixture(scope="module")
def nginx(require_servers):
    root = temporary_root()
    web = start_echo()
    server = Nginx(root, [web.server_port, web.server_port], serves_https=True)
    try:
        yield server.start()
    finally:
        server.kill()
        web.shutdown()
        web.server_close()
        shutil.rmtree(root)


def trusting(server):
    return ssl.create_default_context(cafile=server.directory / "certificate.pem")


def ask(connection, method="GET", path="/", **headers):
    connection.request(
        method, path, headers={name.replace("_", "-"): headers[name] for name in headers}
    )
    response = connection.getresponse()
    body = response.read().decode()
    connection.close()
    return response, body


def over_https(server, *request, **headers):
    connection = http.client.HTTPSConnection(
        "localhost", server.tls_port, timeout=30, context=trusting(server)
    )
    return ask(connection, *request, **headers)


def in_the_clear(server, *request, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    return ask(connection, *request, **headers)


def certificate_of(server):
    context = trusting(server)
    with (
        socket.create_connection(("127.0.0.1", server.tls_port), 30) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as connection,
    ):
        return connection.getpeercert(binary_form=True)


@pytest.mark.parametrize("claimed", [{}, {"X_Forwarded_Proto": "http"}])
def test_the_desk_learns_that_it_is_https_whatever_a_client_says(nginx, claimed):
    response, body = over_https(nginx, "GET", "/tickets/?page=2", Host="desk.example", **claimed)
    path, headers = json.loads(body)
    assert (response.status, path) == (200, "/tickets/?page=2")
    assert headers["X-Forwarded-Proto"] == "https"
    assert headers["X-Forwarded-For"] == "127.0.0.1"
    assert headers["Host"] == "desk.example"


@pytest.mark.parametrize("protocol", ["h2", "http/1.1"])
def test_browsers_may_choose_http_2(nginx, protocol):
    context = trusting(nginx)
    context.set_alpn_protocols([protocol])
    with (
        socket.create_connection(("127.0.0.1", nginx.tls_port), 30) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as connection,
    ):
        assert connection.selected_alpn_protocol() == protocol


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_what_was_recorded_stays_secret(nginx, version):
    context = trusting(nginx)
    context.minimum_version = context.maximum_version = version
    with (
        socket.create_connection(("127.0.0.1", nginx.tls_port), 30) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as connection,
    ):
        name, protocol, bits = connection.cipher()
    assert bits >= 128
    # Ciphers of TLS 1.3 all have forward secrecy.
    assert name.startswith("ECDHE-") or protocol == "TLSv1.3"
    assert "GCM" in name or "CHACHA20" in name


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_older_versions_are_refused(nginx, version):
    context = trusting(nginx)
    context.minimum_version = context.maximum_version = version
    context.set_ciphers("ALL:@SECLEVEL=0")
    with (
        socket.create_connection(("127.0.0.1", nginx.tls_port), 30) as plain,
        pytest.raises(ssl.SSLError),
    ):
        context.wrap_socket(plain, server_hostname="localhost")


@pytest.mark.parametrize("claimed", [{}, {"X_Forwarded_Proto": "https"}])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_whoever_comes_without_https_is_sent_there(nginx, method, claimed):
    response, _body = in_the_clear(nginx, method, "/t/x/?a=b%20c", Host="desk.example", **claimed)
    assert response.status == 308
    assert response.headers["Location"] == "https://desk.example/t/x/?a=b%20c"
    assert not [line for line in nginx.requests() if line["path"] == "/t/***" and line["upstream"]]


@pytest.mark.parametrize(
    "path", ["/api/tickets/", "/api/tickets/1/", "/api/none", "/api", "/metrics"]
)
def test_programs_are_refused_and_not_redirected(nginx, path):
    before = len(nginx.requests())
    response, body = in_the_clear(nginx, "POST", path, Host="desk.example")
    assert (response.status, json.loads(body)["code"]) == (403, "permission_denied")
    assert "Location" not in response.headers
    assert not [line for line in nginx.requests()[before:] if line["upstream"]]
    assert over_https(nginx, "GET", path)[0].status == 200


def test_whoever_takes_the_port_of_https_for_another_is_sent_there_too(nginx):
    connection = http.client.HTTPConnection("127.0.0.1", nginx.tls_port, timeout=30)
    response, _body = ask(connection, "GET", "/links/", Host="desk.example")
    assert (response.status, response.headers["Location"]) == (308, "https://desk.example/links/")


@pytest.mark.parametrize(
    ("path", "status"),
    [("/%00", 400), (f"/?q={'x' * 9000}", 400), (f"{PROOF}none", 404), (PROOF, 404)],
)
@pytest.mark.parametrize("way", [in_the_clear, over_https])
def test_what_it_refuses_is_a_problem_document(nginx, way, path, status):
    response, body = way(nginx, "GET", path)
    assert (response.status, response.headers["Content-Type"]) == (
        status,
        "application/problem+json",
    )
    assert json.loads(body)["status"] == status
    assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("way", [in_the_clear, over_https])
def test_an_authority_finds_the_proof(nginx, way):
    directory = nginx.directory / "acme/.well-known/acme-challenge"
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "token").write_text("token.thumbprint")
    response, body = way(nginx, "GET", f"{PROOF}token")
    assert (response.status, body) == (200, "token.thumbprint")


def test_a_renewed_certificate_is_taken_without_a_stop(nginx):
    former = certificate_of(nginx)
    nginx.write_certificate()
    os.kill(nginx.popen.pid, signal.SIGHUP)  # what `nginx -s reload` sends
    current = ssl.PEM_cert_to_DER_cert((nginx.directory / "certificate.pem").read_text())
    assert former != current

    def is_taken():
        try:
            return certificate_of(nginx) == current
        except ssl.SSLCertVerificationError:
            return False  # the former one

    nginx.wait_until(is_taken, 30)
    assert over_https(nginx, "GET", "/")[0].status == 200
