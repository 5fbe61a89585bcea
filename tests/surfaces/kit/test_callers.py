"""Who a caller is taken for, and what cannot be talked around."""

import subprocess
import sys
from typing import Any, cast

import httpx
import pytest
from litestar.connection import ASGIConnection

from tenantry.kernel.crypto import Sealer
from tenantry.kernel.errors import DomainError
from tenantry.kernel.idempotency import request_hash
from tenantry.surfaces.kit.caller import caller_network, client_ip, is_this_machine
from tenantry.surfaces.kit.limits import MOST_TRACKED, Category, Limits, RateLimited, Streams
from tests.support.makers import Home

PROXY = "10.0.0.1"


def connection(peer: str, *headers: tuple[str, str]) -> ASGIConnection[Any, Any, Any, Any]:
    raw = [(name.encode(), value.encode()) for name, value in headers]
    scope = {
        "type": "http",
        "headers": raw,
        "client": (peer, 1),
        "method": "GET",
        "path": "/",
        "query_string": b"",
    }
    return ASGIConnection(cast("Any", scope))


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        ([], PROXY),
        ([("x-forwarded-for", "203.0.113.9")], "203.0.113.9"),
        ([("x-forwarded-for", "6.6.6.6, 203.0.113.9")], "203.0.113.9"),
        ([("x-forwarded-for", "6.6.6.6"), ("x-forwarded-for", "203.0.113.9")], "203.0.113.9"),
        ([("x-forwarded-for", "203.0.113.9, 10.0.0.2")], "203.0.113.9"),
        ([("x-forwarded-for", "nonsense")], PROXY),
    ],
)
def test_behind_a_proxy_the_last_address_that_is_no_proxy_counts(
    headers: list[tuple[str, str]], found: str
) -> None:
    assert client_ip(connection(PROXY, *headers), ("10.0.0.0/8",)) == found


def test_an_ipv4_caller_of_a_socket_for_both_families_is_that_ipv4_address() -> None:
    """A socket on `::` names IPv4 peers `::ffff:...`; as IPv6 they would all lie in one /64 and share one throttle."""
    assert caller_network(connection("::ffff:203.0.113.9"), ()) == "203.0.113.9"
    assert client_ip(connection("::ffff:203.0.113.9"), ()) == "203.0.113.9"
    behind = connection(f"::ffff:{PROXY}", ("x-forwarded-for", "6.6.6.6, ::ffff:198.51.100.7"))
    assert client_ip(behind, ("10.0.0.0/8",)) == "198.51.100.7"


def test_without_a_trusted_proxy_the_header_is_not_believed() -> None:
    assert client_ip(connection("203.0.113.9", ("x-forwarded-for", "6.6.6.6")), ()) == "203.0.113.9"


def test_unknown_callers_of_one_ipv6_network_are_counted_together() -> None:
    found = {caller_network(connection(f"2001:db8::{n:x}"), ()) for n in range(1, 9)}
    assert found == {"2001:db8::/64"}
    assert caller_network(connection("203.0.113.9"), ()) == "203.0.113.9"


@pytest.mark.parametrize(
    ("peer", "headers", "local"),
    [
        ("127.0.0.1", [("host", "localhost:8400")], True),
        ("::1", [("host", "[::1]:8400")], True),
        ("127.0.0.1", [("host", "evil.example")], False),
        ("127.0.0.1", [("host", "localhost"), ("x-forwarded-for", "203.0.113.9")], False),
        ("127.0.0.1", [("host", "localhost"), ("via", "1.1 proxy")], False),
        ("203.0.113.9", [("host", "localhost")], False),
    ],
)
def test_only_a_direct_caller_who_names_this_machine_is_taken_for_local(
    peer: str, headers: list[tuple[str, str]], local: bool
) -> None:
    assert is_this_machine(connection(peer, *headers)) is local


def test_a_flood_of_unknown_callers_wipes_nobody_elses_limit() -> None:
    limits = Limits()
    limits.take("known", Category.READ, 1)
    for n in range(MOST_TRACKED + 10):
        limits.take(f"caller {n}", Category.UNKNOWN_CALLER)
    with pytest.raises(RateLimited):
        limits.take("known", Category.READ, 1)


@pytest.mark.asyncio
async def test_only_so_many_exports_run_at_a_time() -> None:
    streams = Streams(most=2, most_of_one_tenant=1)
    async with streams.taken("a"):
        with pytest.raises(DomainError) as refused:
            async with streams.taken("a"):
                pass
        assert refused.value.retry_after
        async with streams.taken("b"):
            with pytest.raises(DomainError):
                async with streams.taken("c"):
                    pass
    async with streams.taken("a"):
        pass


def test_the_digest_of_a_request_cannot_be_made_without_the_key() -> None:
    body = b'{"password": "SecurePass123!"}'
    digests = {request_hash(Sealer([key * 40]), "POST", "/x?", body) for key in "ab"}
    assert len(digests) == 2
    same = request_hash(Sealer(["a" * 40]), "POST", "/x?", body)
    assert same in digests
    assert request_hash(Sealer(["a" * 40]), "POST", "/x?y=1", body) not in digests


FAILING = """
import sys
from tenantry.kernel.logs import logger, set_up_logs
set_up_logs("info", sys.argv[1])
def fail(password):
    raise RuntimeError("the database went away")
try:
    fail("".join(("Hunter2", "Secret!")))
except RuntimeError as error:
    logger("test").error("failed", exc_info=error)
"""


@pytest.mark.parametrize("style", ["json", "text"])
def test_a_logged_error_shows_no_local_variable(style: str) -> None:
    done = subprocess.run([sys.executable, "-c", FAILING, style], capture_output=True, text=True, check=True)
    assert "the database went away" in done.stderr
    assert "Hunter2Secret!" not in done.stderr


@pytest.mark.asyncio
async def test_a_password_is_counted_as_a_write_before_it_is_hashed(
    api: httpx.AsyncClient, home: Home
) -> None:
    key = {"Authorization": f"Bearer {await home.new_key('admin:write', write_rate=2, read_rate=100)}"}
    body = {"password": "SecurePass123!"}
    for n in (1, 2):
        answer = await api.post("/users", json={"email": f"p{n}@example.com", **body}, headers=key)
        assert answer.status_code == 201
    refused = await api.post("/users", json={"email": "p3@example.com", **body}, headers=key)
    assert refused.status_code == 429
    changed = await api.put("/users/p1@example.com/password", json=body, headers=key)
    assert changed.status_code == 429
