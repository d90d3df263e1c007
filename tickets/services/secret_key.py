"""Change SECRET_KEY: make anew with the present key what was made with one before it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.apps import apps
from django.db import models, transaction

from ..models.encrypted import EncryptedField
from ..models.ticket import Ticket

BATCH = 500  # tickets that are locked together


@dataclass(slots=True)
class Adoption:
    """What was made anew, and what no key could read that is left."""

    secrets: int = 0
    unreadable_secrets: int = 0
    links: int = 0
    lost_links: int = 0


def adopt_secret_key() -> Iterator[Adoption]:
    """Encrypt secrets anew, and carry private links over, which stay the same.

    Yield how far it came, after each batch. It can be stopped and run again, while the desk is
    used. Until it has ended, the former key must be among SECRET_KEY_FALLBACKS.
    """
    result = Adoption()
    for model in apps.get_app_config("tickets").get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, EncryptedField):
                _encrypt(model, field.name, result)
    yield result
    last: int | None = 0
    while last is not None:
        last = _carry_links(last, result)
        yield result


def _encrypt(model: type[models.Model], name: str, result: Adoption) -> None:
    with transaction.atomic():
        rows = model._default_manager.select_for_update().exclude(**{name: ""})
        for key, value in rows.values_list("pk", name):
            if value:
                model._default_manager.filter(pk=key).update(**{name: value})
                result.secrets += 1
            else:  # overwriting it would lose it for the right key
                result.unreadable_secrets += 1


def _carry_links(after: int, result: Adoption) -> int | None:
    """Return the number of the last ticket that was looked at; None if there was none."""
    with transaction.atomic():
        tickets = Ticket.with_merged.filter(pk__gt=after).exclude(link_digest=None)
        batch = list(
            tickets.select_for_update(of=("self",))
            .only("link_nonce", "link_digest")
            .order_by("pk")[:BATCH]
        )
        carried = []
        for ticket in batch:
            is_new = ticket.carry_link()
            if is_new:
                carried.append(ticket)
            result.lost_links += is_new is None
        Ticket.with_merged.bulk_update(carried, ["link_nonce"])
    result.links += len(carried)
    return batch[-1].pk if batch else None
