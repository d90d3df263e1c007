"""Who a request is from, what they may do, and how often."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F
from django.test import RequestFactory
from django.utils import timezone

from tickets.access.actors import token_actor, user_actor
from tickets.access.client_addresses import client_address
from tickets.access.throttling import throttle_sign_in
from tickets.exceptions import AuthenticationRequired, PermissionDenied, RateLimited
from tickets.models.housekeeping import Counter
from tickets.models.tokens import ApiToken
from tickets.tests.factories import AdminFactory, AgentFactory, TokenFactory, UserFactory
from tickets.vocabulary import Scope

READ, WRITE, ADMIN = Scope.READ, Scope.WRITE, Scope.ADMIN
PEER = "10.0.0.9"
WINDOW = 10**9  # seconds: no test sees two windows unless it asks for them


def request_from(address=PEER, forwarded=None):
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    return RequestFactory().get("/", headers=headers, REMOTE_ADDR=address)


# --- addresses ---


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, None, PEER),
        (0, "203.0.113.5", PEER),
        (1, None, PEER),
        (1, "203.0.113.5", "203.0.113.5"),
        (1, "198.51.100.1, 203.0.113.5", "203.0.113.5"),
        (1, "10.0.0.9,10.0.0.9,  203.0.113.5 ", "203.0.113.5"),
        (2, "203.0.113.5, 10.0.0.1", "203.0.113.5"),
        (2, "198.51.100.1, 203.0.113.5, 10.0.0.1", "203.0.113.5"),
        (2, "203.0.113.5", "203.0.113.5"),
        (2, "", PEER),
    ],
)
def test_only_trusted_proxies_are_believed(settings, proxies, forwarded, expected):
    settings.TRUSTED_PROXIES = proxies
    assert client_address(request_from(forwarded=forwarded)) == expected


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::"),
        ("2001:db8:1:2:bbbb::9", "2001:db8:1:2::"),
        ("2001:db8:1:3::1", "2001:db8:1:3::"),
        ("::ffff:203.0.113.5", "203.0.113.5"),
        ("fe80::1%eth0", "fe80::"),
        ("::1", "::"),
    ],
)
def test_an_ipv6_client_counts_by_its_network(settings, address, expected):
    assert client_address(request_from(address)) == expected
    settings.TRUSTED_PROXIES = 1
    assert client_address(request_from(forwarded=f"192.0.2.1, {address}")) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("203.0.113.7:51234", "203.0.113.7"),
        ("203.0.113.7:0", "203.0.113.7"),
        (' "203.0.113.7:51234" ', "203.0.113.7"),
        ("[2001:db8:1:2::7]", "2001:db8:1:2::"),
        ("[2001:db8:1:2::7]:443", "2001:db8:1:2::"),
        ('"[2001:db8:1:2::7]:443"', "2001:db8:1:2::"),
        ("[::ffff:203.0.113.7]:1", "203.0.113.7"),
        ("[fe80::1%eth0]:1", "fe80::"),
    ],
)
def test_a_client_with_a_port_brackets_or_quotes_is_that_client(settings, written, expected):
    settings.TRUSTED_PROXIES = 1
    assert client_address(request_from(forwarded=f"198.51.100.1, {written}")) == expected
    assert client_address(request_from(written)) == expected


@pytest.mark.parametrize(
    ("proxies", "header", "expected"),
    [
        (0, "for=203.0.113.7", PEER),
        (1, "for=203.0.113.7", "203.0.113.7"),
        (1, 'For="203.0.113.7:4711"', "203.0.113.7"),
        (1, 'for=198.51.100.1, FOR="[2001:db8:1:2::7]:4711"', "2001:db8:1:2::"),
        (
            1,
            "for=198.51.100.1;proto=https;by=10.0.0.1,by=10.0.0.2 ; for=203.0.113.7",
            "203.0.113.7",
        ),
        (2, "for=203.0.113.7, for=10.0.0.1", "203.0.113.7"),
        (1, 'for=198.51.100.1, for=203.0.113.7;host="a,for=192.0.2.1"', "203.0.113.7"),
        (1, 'for=198.51.100.1, for=203.0.113.7;host="a\\",for=192.0.2.1"', "203.0.113.7"),
        (1, "for=203.0.113.7, for=unknown", PEER),
        (1, "for=203.0.113.7, for=_hidden", PEER),
        (1, "for=203.0.113.7, proto=https", PEER),
        (1, 'for=203.0.113.7, for="', PEER),
        (1, ",", PEER),
        (1, "", PEER),
        # The client's part does not end, and the proxy appends its own.
        (1, 'for="[6.6.6.6], for=203.0.113.7', "203.0.113.7"),
        (1, 'for="[6.6.6.6],for="[2001:db8:1:2::7]:443"', "2001:db8:1:2::"),
        (1, 'for="x, for=203.0.113.7', "203.0.113.7"),
        (1, 'for="x,by=", for=203.0.113.7;by=10.0.0.2', "203.0.113.7"),
        (1, 'for=6.6.6.6;host="a\\, for=203.0.113.7', "203.0.113.7"),
        (2, 'for="[6.6.6.6], for=203.0.113.7, for=10.0.0.1', "203.0.113.7"),
        (1, 'for="[7.7.7.7]";by="', PEER),
        (1, 'for="[7.7.7.7] and more"', PEER),
    ],
)
def test_the_standard_header_is_read_where_there_is_no_other(settings, proxies, header, expected):
    settings.TRUSTED_PROXIES = proxies
    get = RequestFactory().get
    assert client_address(get("/", headers={"Forwarded": header}, REMOTE_ADDR=PEER)) == expected
    both = {"Forwarded": "for=192.0.2.1", "X-Forwarded-For": "203.0.113.5"}
    beside = client_address(get("/", headers=both, REMOTE_ADDR=PEER))
    assert beside == ("203.0.113.5" if proxies else PEER)


NO_ADDRESS = ["", "unix:", "nonsense", "999.1.1.1", "1.2.3.4; DROP", "1.2.3.4:port", "[", "::1:2::"]
NO_ADDRESS += ["[::1", "[::1]x", "[::1]:", "[192.0.2.1]:1:2", "[[::1]]"]


@pytest.mark.parametrize("address", NO_ADDRESS)
def test_what_cannot_be_read_counts_by_its_connection(settings, address):
    settings.TRUSTED_PROXIES = 1
    assert client_address(request_from(forwarded=f"203.0.113.5, {address}")) == PEER
    unknown = client_address(request_from(address=""))
    assert client_address(request_from(address="", forwarded=address)) == unknown


# --- roles and scopes ---


@pytest.mark.parametrize(
    ("account", "scopes"),
    [
        (lambda: UserFactory(), set()),
        (lambda: UserFactory(is_staff=True), set()),
        (lambda: AgentFactory(), {READ, WRITE}),
        (lambda: AdminFactory(), {READ, WRITE, ADMIN}),
        (lambda: UserFactory(is_superuser=True), {READ, WRITE, ADMIN}),
        (lambda: AdminFactory(is_active=False), set()),
    ],
)
def test_a_users_group_says_what_they_may_do(db, account, scopes):
    assert user_actor(account()).scopes == scopes


@pytest.mark.parametrize(
    ("granted", "scopes"),
    [
        ([READ], {READ}),
        ([WRITE], {WRITE}),
        ([READ, WRITE], {READ, WRITE}),
        ([ADMIN], {READ, WRITE, ADMIN}),
    ],
)
def test_a_token_acts_within_its_scopes(db, granted, scopes):
    assert token_actor(TokenFactory(scopes=granted)).scopes == scopes


@pytest.mark.parametrize(
    ("owner", "scopes"),
    [(UserFactory, set()), (AgentFactory, {READ, WRITE}), (AdminFactory, {READ, WRITE, ADMIN})],
)
def test_a_users_token_never_does_more_than_the_user(db, owner, scopes):
    assert token_actor(TokenFactory(scopes=[ADMIN], user=owner())).scopes == scopes


def test_a_missing_permission_differs_from_a_missing_sign_in(db):
    with pytest.raises(PermissionDenied):
        token_actor(TokenFactory(scopes=[READ])).require(WRITE)
    stranger = user_actor(UserFactory())
    with pytest.raises(PermissionDenied):
        stranger.require(READ)
    anonymous = type(stranger)("anonymous")
    with pytest.raises(AuthenticationRequired):
        anonymous.require(READ)


def test_a_token_opens_only_while_it_is_usable(db):
    now = timezone.now()
    usable = [TokenFactory(), TokenFactory(expires_at=now + timedelta(hours=1))]
    useless = [
        TokenFactory(expires_at=now - timedelta(seconds=1)),
        TokenFactory(revoked_at=now),
        TokenFactory(user=AgentFactory(is_active=False)),
    ]
    opened = [ApiToken.objects.usable(token.secret) for token in (*usable, *useless)]
    assert opened == [*usable, None, None, None]
    assert ApiToken.objects.usable("") is None
    assert ApiToken.objects.usable(usable[0].digest) is None


# --- how often ---


def hits(count, limit=3, name="create:203.0.113.5"):
    return [Counter.objects.hit(name, limit=limit, seconds=WINDOW) for _ in range(count)]


def test_it_counts_up_to_the_limit_and_then_says_how_long_to_wait(db):
    waits = hits(5)
    assert waits[:3] == [0, 0, 0]
    assert all(0 < wait <= WINDOW + 1 for wait in waits[3:])


def test_a_new_window_starts_from_one(db):
    assert hits(4)[-1] > 0
    Counter.objects.update(time_window=F("time_window") - 1)
    assert hits(3) == [0, 0, 0]
    assert hits(1)[0] > 0


def test_each_name_has_a_counter_of_its_own(db):
    assert hits(4)[-1] > 0
    assert hits(1, name="create:203.0.113.6") == [0]
    assert hits(1, name="suggest:203.0.113.5") == [0]


def test_old_counters_are_purged_and_running_ones_stay(db):
    hits(1, name="old"), hits(1, name="running")
    Counter.objects.filter(name="old").update(expires_at=timezone.now() - timedelta(seconds=1))
    assert Counter.objects.purge() == 1
    assert [counter.name for counter in Counter.objects.all()] == ["running"]


def test_a_client_past_the_limit_is_told_when_to_come_back(db, settings):
    settings.SIGN_IN_LIMIT = 0
    with pytest.raises(RateLimited) as caught:
        throttle_sign_in(request_from("203.0.113.5"))
    assert 0 < caught.value.retry_after <= 61
    assert str(caught.value.retry_after) in caught.value.detail


@pytest.mark.django_db(transaction=True)
def test_requests_at_the_same_moment_are_all_counted():
    def hit_five_times(_):
        try:
            return hits(5, limit=25)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        waits = [wait for batch in pool.map(hit_five_times, range(8)) for wait in batch]
    assert Counter.objects.get().count == 40
    assert sum(wait == 0 for wait in waits) == 25
