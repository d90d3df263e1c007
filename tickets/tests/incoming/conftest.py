"""What all tests of incoming mail need."""

import pytest

from tickets.models.incoming import Mailbox
from tickets.tests.incoming.messages import AUTHSERV, DESK


@pytest.fixture
def mailbox(db):
    """The desk's mailbox, whose server says who is verified."""
    return Mailbox.objects.create(name="Support", address=DESK, authserv_id=AUTHSERV)


@pytest.fixture(autouse=True)
def _desk(request):
    if request.node.get_closest_marker("django_db"):
        request.getfixturevalue("mailbox")
