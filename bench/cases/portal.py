"""The portal in the hands of one administrator of a million people: the list, search as one types, and opening somebody."""

import gzip
import hashlib
import re
import secrets
import time
from collections.abc import Iterator, Sequence
from urllib.parse import quote

import httpx

from bench.bench import Bench
from bench.cases.search import TERMS
from bench.figures import percentile
from bench.report import Row

LIST_TARGET_MS, SEARCH_TARGET_MS, USER_TARGET_MS = 100.0, 150.0, 60.0
FIRST_LOAD_TARGET_KB, LATER_TARGET_KB = 350.0, 30.0
LISTS = (
    "",
    "?status=active",
    "?status=pending",
    "?sortBy=name&sortDir=ASC",
    "?page=40",
    "?status=locked&role=user",
)
OPENED = 40
PART = {"hx-request": "true", "hx-request-type": "partial"}
OPENS = re.compile(r'class="row-link" href="([^"]+)"')
LOADED = re.compile(r'(?:src|href)="(/assets/[^"#]+)')
FONT = re.compile(r"url\(\.?/?(inter-latin-wght[^)]+\.woff2)\)")


def portal_case(bench: Bench) -> Iterator[Row]:
    bench.say(f"the portal, {bench.stage.large.size:,} people")
    portal = f"/t/{bench.stage.large.slug}/portal/"
    users = f"{portal}access-management/users"
    with _browser(bench) as client:
        first = client.get(users)
        first.raise_for_status()
        yield _timed(
            bench, client, "portal: list of users", [f"{users}{query}" for query in LISTS] * 5, LIST_TARGET_MS
        )
        typed = [f"{users}?search={quote(term)}" for term in TERMS]
        yield _timed(bench, client, "portal: search as one types", typed * 2, SEARCH_TARGET_MS, PART)
        people = [
            address
            for page in range(1, 4)
            for address in OPENS.findall(client.get(f"{users}?page={page}").text)
        ]
        yield _timed(bench, client, "portal: open a user", people[:OPENED], USER_TARGET_MS)
        yield from _weights(client, first, [portal, users, *people[:3]])


def _browser(bench: Bench) -> httpx.Client:
    """A browser in which an administrator of the large tenant is signed in."""
    tenant, token = bench.stage.large, secrets.token_urlsafe(32)
    bench.stage.ask(
        """
        insert into sessions (tenant_id, id, user_id, token_hash, epoch, created_at, last_seen_at, expires_at)
        select u.tenant_id, gen_random_uuid(), u.id, %s, u.credential_epoch, now(), now(), now() + interval '1 day'
        from users u
        where u.tenant_id = %s
          and u.email = 'admin@example.com'
        """,
        hashlib.sha256(token.encode()).digest(),
        tenant.id,
    )
    return httpx.Client(
        base_url=bench.server.url,
        headers={"cookie": f"tenantry_session_{tenant.slug}={token}", "accept-encoding": "gzip"},
        timeout=60,
    )


def _timed(
    bench: Bench,
    client: httpx.Client,
    what: str,
    addresses: Sequence[str],
    target: float,
    headers: dict[str, str] | None = None,
) -> Row:
    """Each address once, one after the other, until the first byte of the answer."""
    took: list[float] = []
    before = bench.server.counters()
    for address in addresses:
        began = time.perf_counter()
        with client.stream("GET", address, headers=headers) as answer:
            took.append((time.perf_counter() - began) * 1000)
            answer.raise_for_status()
            answer.read()
    p95 = percentile(took, 0.95)
    statements = (bench.server.counters().statements - before.statements) / len(addresses)
    return Row(
        case=what,
        people=bench.stage.large.size,
        p50_ms=percentile(took, 0.5),
        p99_ms=percentile(took, 0.99),
        statements=statements,
        measured=f"p95 {p95:.0f} ms over {len(set(addresses))} addresses, slowest {max(took):.0f} ms",
        target=f"p95 < {target:.0f} ms",
        met=p95 < target,
        rounds=took,
    )


def _weights(client: httpx.Client, first: httpx.Response, pages: Sequence[str]) -> Iterator[Row]:
    assets = {name: _size(client, name) for name in dict.fromkeys(LOADED.findall(first.text))}
    sheet = next(name for name in assets if name.endswith(".css"))
    root = sheet.rsplit("/", 1)[0]
    assets |= {
        font: _size(client, f"{root}/{font}")
        for font in set(FONT.findall(client.get(sheet, headers=_PLAIN).text))
    }
    kilobytes = (sum(assets.values()) + _packed(first)) / 1000
    yield _weight("portal: first load", kilobytes, FIRST_LOAD_TARGET_KB)
    later = max(_packed(client.get(address)) for address in pages)
    yield _weight("portal: heaviest later page", later / 1000, LATER_TARGET_KB)


_PLAIN = {"accept-encoding": "identity"}


def _size(client: httpx.Client, address: str) -> int:
    """The bytes of an asset as a browser loads it."""
    with client.stream("GET", address, headers={"accept-encoding": "br, gzip"}) as answer:
        answer.raise_for_status()
        return sum(len(piece) for piece in answer.iter_raw())


def _packed(answer: httpx.Response) -> int:
    answer.raise_for_status()
    length = answer.headers.get("content-length")
    return int(length) if length else len(gzip.compress(answer.content))


def _weight(what: str, kilobytes: float, target: float) -> Row:
    return Row(
        case=what,
        measured=f"{kilobytes:.1f} kB compressed",
        target=f"< {target:.0f} kB",
        met=kilobytes < target,
    )
