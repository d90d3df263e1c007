"""In which ways the desk may have written somebody's address, and what stays of it at the end."""

from __future__ import annotations

import re
from contextlib import suppress

import idna
from django.db.models import Q

from ...exceptions import InvalidInput
from ...mail.addresses import GMAIL, deliverable_address, folded_address
from ...models.secret_keys import derived, secret_keys


def require_address(address: str) -> str:
    """Return the address folded, as some rows store it. Raise InvalidInput if it is none."""
    folded = folded_address(address) if "@" in address else ""
    if not folded:
        raise InvalidInput(errors={"address": ["This is not an email address."]})
    return folded


def written_like(column: str, address: str) -> Q:
    """Return the condition that a column has this address, in whatever case and spelling."""
    folded = require_address(address)
    name, _, domain = folded.rpartition("@")
    if domain == GMAIL:
        dotted = r"\.*".join(re.escape(character) for character in name)
        return Q(**{f"{column}__iregex": rf"^{dotted}\.*(\+[^@]*)?@(gmail|googlemail)\.com$"})
    spellings = {address.strip(), deliverable_address(address.strip())}
    with suppress(idna.IDNAError):
        spellings.add(f"{name}@{idna.decode(domain)}")
    condition = Q()
    for spelling in sorted(spellings):
        condition |= Q(**{f"{column}__iexact": spelling})
    return condition


def keyed_hash(address: str, key: str = "") -> str:
    """Return what tells an erased address when it comes back from a backup, and to nobody else.

    It depends on SECRET_KEY, or on the `key`, without which nobody can try addresses.
    """
    return derived("tickets.erased-address", require_address(address), key).hex()


def keyed_hashes(address: str) -> list[str]:
    """Return the same under the present key and those before it."""
    return [keyed_hash(address, key) for key in secret_keys()]
