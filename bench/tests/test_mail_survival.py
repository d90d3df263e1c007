"""Mail that is delivered while processes are killed. `make bench ARGS="survival"` does more."""

from bench.mail.survival import survive


def test_messages_are_stored_once_and_answered_at_most_once():
    result = survive(messages=60, kills=4, crashes=1)
    assert result.problems == []
    assert sum(result.ways.values()) == 60
    assert result.ways.keys() >= {"http", "lmtp", "pipe"}
    assert (result.kills, result.crashes) == (4, 1)
