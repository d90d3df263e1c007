"""Addresses that say what an answer belongs to."""

import base64

import pytest
from django.utils.crypto import salted_hmac

from tickets.services.mail import signed_addresses
from tickets.tests.factories import TicketFactory

pytestmark = pytest.mark.django_db


def test_an_address_names_its_ticket_in_any_case():
    ticket = TicketFactory()
    address = signed_addresses.ticket_address("support@desk.example", ticket)
    assert address.startswith(f"support+t{ticket.pk}.")
    assert address.endswith("@desk.example")
    assert signed_addresses.ticket_of(["kim@example.org", address.upper()]) == ticket


def test_a_wrong_signature_is_ignored():
    ticket, other = TicketFactory(), TicketFactory()
    address = signed_addresses.ticket_address("support@desk.example", ticket)
    swapped = address.replace(f"+t{ticket.pk}.", f"+t{other.pk}.")
    guessed = f"support+t{ticket.pk}.{'a' * 16}@desk.example"
    unknown = address.replace(f"+t{ticket.pk}.", "+t999999999999999999.")
    kinds = [address.replace("+t", f"+{kind}") for kind in "bn"]
    wrong = [swapped, guessed, unknown, *kinds, "support+t1.@desk.example"]
    assert signed_addresses.ticket_of(wrong) is None
    assert signed_addresses.returned_email(wrong) is None
    assert signed_addresses.answered_notice(wrong) is None
    assert signed_addresses.ticket_of([*wrong, address]) == ticket


def test_an_address_of_an_earlier_release_works():
    ticket = TicketFactory()
    secret = f"t {ticket.pk} {ticket.link_nonce}"
    signed = salted_hmac("tickets.mail-address", secret, algorithm="sha256").digest()[:10]
    address = f"support+t{ticket.pk}.{base64.b32encode(signed).decode().lower()}@desk.example"
    assert signed_addresses.ticket_of([address]) == ticket


def test_an_address_stops_working_with_the_private_link():
    ticket = TicketFactory()
    address = signed_addresses.ticket_address("support@desk.example", ticket)
    ticket.issue_link()
    ticket.save()
    assert signed_addresses.ticket_of([address]) is None
