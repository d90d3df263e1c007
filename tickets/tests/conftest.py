"""Fixtures for tests of several parts."""

import shutil
import ssl
import subprocess

import pytest

from tickets.tests.mail_server import MailServer


@pytest.fixture
def sends_mail(settings):
    """Set a mail server up, as far as pages say."""
    settings.EMAIL_BACKEND = settings.SMTP_BACKEND


@pytest.fixture
def mail_server(settings):
    """Run a mail server that the desk sends to."""
    server = MailServer()
    settings.EMAIL_BACKEND = settings.SMTP_BACKEND
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_TIMEOUT = 10
    server.start()
    yield server
    server.stop()


@pytest.fixture
def certificate(tmp_path):
    """Return a certificate of localhost and model.test, and a server's context that uses it."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    key, path = tmp_path / "key.pem", tmp_path / "certificate.pem"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost"
    options = [
        "-addext",
        "subjectAltName=DNS:localhost,DNS:model.test",
        "-keyout",
        str(key),
        "-out",
        str(path),
    ]
    subprocess.run([*command.split(), *options], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path, key)
    return path, context
