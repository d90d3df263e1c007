"""The settings about files."""

import pytest

from config.environment.files import bucket, scanner


def test_no_bucket_means_a_directory():
    assert bucket("") is None


def test_a_bucket_has_a_prefix_an_endpoint_and_a_region():
    value = "s3://desk-files/some/prefix?endpoint=http://127.0.0.1:9000&region=eu-central-1"
    assert bucket(value) == {
        "bucket_name": "desk-files",
        "location": "some/prefix",
        "endpoint_url": "http://127.0.0.1:9000",
        "region_name": "eu-central-1",
    }
    assert bucket("s3://desk-files") == {"bucket_name": "desk-files", "location": ""}


@pytest.mark.parametrize(
    "value",
    [
        *("desk-files", "s3://", "s3:///prefix", "gs://desk-files", "s3://key:secret@desk-files"),
        *("s3://b?endpoint=ftp://host", "s3://b?endpoint=https://", "s3://b?acl=public-read"),
        *("s3://b?region", "s3://["),
    ],
)
def test_other_addresses_of_a_bucket_are_refused_without_repeating_them(value):
    with pytest.raises(ValueError, match="s3://bucket/prefix") as refused:
        bucket(value)
    assert "secret" not in str(refused.value)


def test_a_scanner_has_a_host_and_a_port():
    assert scanner("clamd://scanner:3310") == ("scanner", 3310)
    assert scanner("clamd://[::1]:3310") == ("::1", 3310)
    assert scanner("") is None


@pytest.mark.parametrize(
    "value", ["clamd://host", "host:3310", "tcp://host:3310", "clamd://:3310", "clamd://host:x"]
)
def test_other_addresses_of_a_scanner_are_refused(value):
    with pytest.raises(ValueError, match="clamd://"):
        scanner(value)
