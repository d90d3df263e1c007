"""Fixtures for tests of several parts."""

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
