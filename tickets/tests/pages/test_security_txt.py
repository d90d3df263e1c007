"""/.well-known/security.txt"""

from datetime import datetime, timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

from config.environment import read

PATH = "/.well-known/security.txt"

pytestmark = pytest.mark.django_db


def fields(response):
    lines = response.content.decode().splitlines()
    return [tuple(line.split(": ", 1)) for line in lines]


def test_there_is_none_without_a_contact(visitor):
    assert visitor.get(PATH).status_code == 404


def test_it_says_whom_to_write_to_and_until_when(visitor, settings):
    environ = {"SECURITY_CONTACT": "security@example.org, https://example.org/report"}
    settings.SECURITY_CONTACT = read(environ)["SECURITY_CONTACT"]
    settings.SITE_URL = "https://desk.example.org"
    response = visitor.get(PATH)
    assert response.status_code == 200
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    *contacts, expires, languages, canonical = fields(response)
    assert contacts == [
        ("Contact", "mailto:security@example.org"),
        ("Contact", "https://example.org/report"),
    ]
    assert languages == ("Preferred-Languages", "en")
    assert canonical == ("Canonical", f"https://desk.example.org{PATH}")
    assert expires[0] == "Expires"
    left = datetime.fromisoformat(expires[1]) - timezone.now()
    assert timedelta(days=180) < left < timedelta(days=365)


@pytest.mark.parametrize(
    "value", ["Kim", "http://example.org/", "a@b@c", "a b@example.org", "https://"]
)
def test_a_contact_that_nobody_can_use_is_refused(value):
    with pytest.raises(ImproperlyConfigured, match="SECURITY_CONTACT must have email addresses"):
        read({"SECURITY_CONTACT": value})
