"""What is remembered of keys is little, and only for a moment."""

from datetime import UTC, datetime

import msgspec
import pytest

from tenantry.domain.apikeys import recent
from tenantry.domain.apikeys.opening import Found, KeyRates, OpenByKey
from tenantry.domain.apikeys.recent import GOOD_FOR, RecentKeys
from tenantry.kernel.ids import new_id
from tenantry.kernel.work import TenantFacts

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
ACME = TenantFacts(new_id(), "acme", "Acme", msgspec.Raw(b"{}"))


def asked(slug: str, key: bytes, ip: str | None = None) -> OpenByKey:
    return OpenByKey(slug, key, ip, None)


def good(slug: str, key: bytes) -> OpenByKey:
    opener = asked(slug, key, "192.0.2.1")
    opener.opening(Found(ACME, new_id(), "deploy", ("admin:users",), KeyRates(None, None)))
    return opener


def test_a_key_is_known_for_a_moment_with_the_address_of_whoever_shows_it_now() -> None:
    keys = RecentKeys()
    keys.keep(good("acme", b"1"), NOW)
    opening = keys.opening(asked("acme", b"1", "192.0.2.9"), NOW)
    assert opening is not None
    assert (opening.tenant, opening.actor.ip) == (ACME, "192.0.2.9")
    for later in (GOOD_FOR, -GOOD_FOR):
        assert keys.opening(asked("acme", b"1"), NOW + later) is None


def test_another_key_another_tenant_and_one_that_opened_nothing_are_not_known() -> None:
    keys = RecentKeys()
    keys.keep(good("acme", b"1"), NOW)
    keys.keep(asked("acme", b"2"), NOW)
    assert keys.opening(asked("acme", b"2"), NOW) is None
    assert keys.opening(asked("other", b"1"), NOW) is None


def test_there_is_a_bound_to_what_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recent, "MOST", 3)
    keys = RecentKeys()
    for number in range(9):
        for _ in range(2):
            keys.keep(good("acme", bytes([number])), NOW)
    known = [keys.opening(asked("acme", bytes([number])), NOW) is not None for number in range(9)]
    assert known == [False] * 6 + [True] * 3
