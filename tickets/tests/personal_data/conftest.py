"""Files of each test apart from those of the others."""

import pytest

LOCAL = {"BACKEND": "tickets.services.attachments.local.LocalStorage"}


@pytest.fixture(autouse=True)
def files(settings, tmp_path):
    """Return the directory of attachments."""
    directory = tmp_path / "attachments"
    storage = LOCAL | {"OPTIONS": {"location": str(directory)}}
    settings.STORAGES = settings.STORAGES | {"attachments": storage}
    return directory
