"""The types of the settings about files: where they are stored, and what scans them."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

BUCKET_FORM = "be an address such as s3://bucket/prefix?endpoint=https://host:9000&region=name"
OPTIONS = {"endpoint": "endpoint_url", "region": "region_name"}


def bucket(value: str) -> dict[str, Any] | None:
    """Return what BucketStorage is made with; None for a directory of this machine."""
    if not value:
        return None
    try:
        parts = urlsplit(value)
        query = dict(parse_qsl(parts.query, strict_parsing=True)) if parts.query else {}
    except ValueError:
        raise ValueError(BUCKET_FORM) from None
    endpoint = query.get("endpoint", "https://host")
    is_valid = (
        parts.scheme == "s3"
        and parts.netloc
        and "@" not in parts.netloc  # keys do not belong into an address
        and not query.keys() - OPTIONS.keys()
        and endpoint.startswith(("http://", "https://"))
        and urlsplit(endpoint).hostname
    )
    if not is_valid:
        raise ValueError(BUCKET_FORM)
    return {
        "bucket_name": parts.netloc,
        "location": unquote(parts.path).strip("/"),
        **{OPTIONS[name]: text for name, text in query.items()},
    }


def scanner(value: str) -> tuple[str, int] | None:
    """Return the host and the port of clamd; None for no scanner."""
    if not value:
        return None
    try:
        parts = urlsplit(value)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if value.partition("://")[0] != "clamd" or not host or not port or parts.path.strip("/"):
        raise ValueError("be an address such as clamd://host:3310")
    return host, port
