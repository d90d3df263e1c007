"""Storages for tests of files, and files to send."""

import os
import secrets

import boto3
import pytest
from moto.server import ThreadedMotoServer

from tickets.services.attachments.storage import storage

LOCAL = {"BACKEND": "tickets.services.attachments.local.LocalStorage"}
BUCKET = "tickets.services.attachments.bucket.BucketStorage"


@pytest.fixture(scope="session")
def s3_endpoint():
    """Run a server that speaks S3."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def in_directory(settings, tmp_path):
    options = {"location": str(tmp_path / "attachments")}
    settings.STORAGES = settings.STORAGES | {"attachments": LOCAL | {"OPTIONS": options}}
    return storage()


@pytest.fixture
def in_bucket(settings, s3_endpoint, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "desk")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    name = f"files-{secrets.token_hex(4)}"
    client = boto3.client("s3", endpoint_url=s3_endpoint, region_name="us-east-1")
    client.create_bucket(Bucket=name)
    options = {
        "bucket_name": name,
        "location": "of/tickets",
        "endpoint_url": s3_endpoint,
        "region_name": "us-east-1",
    }
    value = {"BACKEND": BUCKET, "OPTIONS": options}
    settings.STORAGES = settings.STORAGES | {"attachments": value}
    return storage()


@pytest.fixture(params=["in_directory", "in_bucket"])
def each_storage(request):
    """Both storages, one after the other."""
    return request.getfixturevalue(request.param)


@pytest.fixture(autouse=True)
def _own_directory(settings, tmp_path):
    """Keep the files of each test apart, unless it asks for another storage."""
    options = {"location": str(tmp_path / "files")}
    settings.STORAGES = settings.STORAGES | {"attachments": LOCAL | {"OPTIONS": options}}


@pytest.fixture
def full_disk(in_directory):
    """The storage, on a disk that takes no more while a file arrives."""
    os.mkdir(in_directory.location)
    os.symlink("/proc/self/fdinfo", f"{in_directory.location}/partial")
    return in_directory
