"""The forms of addresses: for sending, and to compare them."""

import pytest

from tickets.mail.addresses import (
    comparable_address,
    deliverable_address,
    folded_address,
    reached_mailbox,
)


@pytest.mark.parametrize(
    ("address", "folded"),
    [
        ("Kim@Example.ORG", "kim@example.org"),
        ("K.i.m+shop@GMail.com", "kim@gmail.com"),
        ("kim@googlemail.com", "kim@gmail.com"),
        ("k.im+shop@example.org", "k.im+shop@example.org"),
        ("kim@Bücher.example", "kim@xn--bcher-kva.example"),
        ("STRASSE@example.org", "strasse@example.org"),
        ("Straße@example.org", "straße@example.org"),
        ("kim@☃.example", ""),
        ("", ""),
    ],
)
def test_addresses_are_folded(address, folded):
    assert folded_address(address) == folded


@pytest.mark.parametrize("name", ["k\u0131m", "\u017fam", "stra\u00dfe", "J\u00f6rg"])
def test_names_that_look_alike_are_different_people(name):
    like = {"k\u0131m": "kim", "\u017fam": "sam", "stra\u00dfe": "strasse", "J\u00f6rg": "jorg"}
    for fold in (folded_address, reached_mailbox):
        assert fold(f"{name}@b.co") != fold(f"{like[name]}@b.co")
        assert fold(f"{name}@b.co") == fold(f"{name.lower()}@B.co")


def test_only_the_form_for_sending_refuses_what_no_mail_reaches():
    with pytest.raises(ValueError):
        deliverable_address("Kim+1@☃.example")
    assert comparable_address("Kim+1@☃.example") == "kim+1@☃.example"
    assert reached_mailbox("Kim+1@☃.example") == "kim@☃.example"
