"""What the doctor says of mail servers that refuse, and of the worker's own."""

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from config.environment.setting import LocalAddress
from tickets.services.doctor.mail import look_at_lmtp, look_at_mail_out
from tickets.services.mail import lmtp
from tickets.tests.mail_server import MailServer, free_port


@pytest.fixture
def mail_server(settings):
    """Start a mail server, which refuses every password. The desk sends by it, as `desk`."""
    servers = []

    def start(ssl_context=None):
        server = Controller(
            object(),
            hostname="127.0.0.1",
            port=free_port(),
            ssl_context=ssl_context,
            authenticator=lambda *_: AuthResult(success=False, handled=False),
            auth_require_tls=False,
        )
        server.start()
        servers.append(server)
        settings.EMAIL_BACKEND = settings.SMTP_BACKEND
        settings.EMAIL_HOST, settings.EMAIL_PORT = "localhost", server.port
        settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "desk", "wrong"
        settings.EMAIL_USE_SSL = ssl_context is not None

    yield start
    for server in servers:
        server.stop()


def the_wrong_line(look):
    [finding] = look()
    assert finding.status == "wrong"
    return f"{finding.part}: {finding.text} {finding.advice}"


def test_a_password_that_the_mail_server_refuses(mail_server):
    mail_server()
    line = the_wrong_line(look_at_mail_out)
    assert line.startswith("mail out: localhost:")
    assert "535" in line
    assert "Set the user and the password in EMAIL_URL" in line


def test_a_mail_server_whose_certificate_nobody_knows(mail_server, certificate, monkeypatch):
    path, context = certificate
    mail_server(context)
    assert "SSL_CERT_FILE" in the_wrong_line(look_at_mail_out)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    assert "535" in the_wrong_line(look_at_mail_out)


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "::"])
def test_the_worker_that_takes_mail(settings, host):
    settings.LMTP_ADDRESS = LocalAddress(host, free_port())
    with lmtp.listening():
        [finding] = look_at_lmtp()
    assert finding.status == "ok"
    line = the_wrong_line(look_at_lmtp)
    assert line.startswith("lmtp: ")
    assert "Start the worker" in line


def test_in_another_container_the_worker_is_asked_by_its_name(settings):
    settings.LMTP_ADDRESS = LocalAddress("0.0.0.0", free_port())
    settings.INSTALLATION = "compose"
    assert f"worker:{settings.LMTP_ADDRESS.port}" in the_wrong_line(look_at_lmtp)


def test_another_program_on_the_port_of_the_worker(settings):
    server = MailServer().start()
    settings.LMTP_ADDRESS = LocalAddress("127.0.0.1", server.port)
    line = the_wrong_line(look_at_lmtp)
    server.stop()
    assert "no LMTP server" in line
    assert "set another LMTP_ADDRESS" in line


def test_without_the_setting_there_is_nothing_to_say(settings):
    settings.LMTP_ADDRESS = None
    assert list(look_at_lmtp()) == []
