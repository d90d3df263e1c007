"""One site for the tests of a process. Its servers come from the system.

On Debian: `apt install pgbouncer nginx-light`. Without them these tests are skipped;
REQUIRE_SERVERS=1 makes that a failure.
"""

import os

import pytest

from .servers import NGINX, PGBOUNCER
from .site import Site


@pytest.fixture(scope="session")
def require_servers():
    if not (PGBOUNCER and NGINX):
        reason = (
            "SCALING TESTS DID NOT RUN: PgBouncer or nginx is missing"
            " (Debian: apt install pgbouncer nginx-light)."
        )
        if os.environ.get("REQUIRE_SERVERS") == "1":
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.fixture(scope="session")
def running_site(require_servers):
    site = Site(sessions=3)
    try:
        yield site.start()
    finally:
        site.remove()


@pytest.fixture
def site(running_site):
    """Return the site with all its servers, whose replica has everything."""
    yield running_site
    running_site.start_again()
