"""Files in a bucket of a server that speaks S3."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from boto3.exceptions import Boto3Error
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from storages.backends.s3 import S3File, S3Storage

ResultT = TypeVar("ResultT")
MAX_MEMORY_BYTES = 1024 * 1024  # of a file that is read; more of it goes to the disk
# Seconds. A page waits for an upload, so a server that is gone must not hold it for minutes.
CONNECT_TIMEOUT, READ_TIMEOUT, ATTEMPTS = 5, 20, 2


def as_os_error(method: Callable[..., ResultT]) -> Callable[..., ResultT]:
    """Raise what goes wrong as OSError, as it does with a disk."""

    @wraps(method)
    def call(*args: Any, **kwargs: Any) -> ResultT:
        try:
            return method(*args, **kwargs)
        except (Boto3Error, BotoCoreError, ClientError) as error:
            raise OSError(str(error)) from error

    return call


class BucketFile(S3File):  # type: ignore[misc]
    """A file of a bucket, which is fetched when it is first read."""

    @as_os_error
    def _get_file(self) -> Any:
        return super()._get_file()

    file = property(_get_file, S3File._set_file)


class BucketStorage(S3Storage):  # type: ignore[misc]
    """Files below a prefix of a bucket. Keys come from the variables that boto3 knows."""

    temporary_directory = None  # the system's own

    def __init__(self, **options: Any) -> None:
        config = Config(
            signature_version="s3v4",
            # Other servers than Amazon's rarely have a host name for each bucket, and not all
            # know the newer checksums.
            s3={"addressing_style": "path" if options.get("endpoint_url") else "auto"},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            connect_timeout=CONNECT_TIMEOUT,
            read_timeout=READ_TIMEOUT,
            retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
        )
        super().__init__(client_config=config, max_memory_size=MAX_MEMORY_BYTES, **options)

    _save = as_os_error(S3Storage._save)
    delete = as_os_error(S3Storage.delete)
    exists = as_os_error(S3Storage.exists)
    listdir = as_os_error(S3Storage.listdir)
    get_modified_time = as_os_error(S3Storage.get_modified_time)

    @as_os_error
    def _open(self, name: str, mode: str = "rb") -> BucketFile:
        try:
            return BucketFile(self._normalize_name(name), mode, self)
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
                raise FileNotFoundError(name) from None
            raise
