"""The session cookie: one for each tenant."""

from datetime import UTC, datetime, timedelta

import pytest

from tenantry.surfaces.kit.session_cookie import SessionCookie

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
TOKEN = "t" * 43


@pytest.mark.parametrize(
    ("address", "secure"), [("http://localhost:8400", False), ("https://id.example.com", True)]
)
def test_it_is_secure_off_loopback(address: str, secure: bool) -> None:
    cookie = SessionCookie("acme-corp", address).set(TOKEN)
    assert (cookie.secure, cookie.httponly, cookie.samesite) == (secure, True, "lax")


def test_each_tenant_has_a_name_and_a_path_of_its_own() -> None:
    cookies = [SessionCookie(slug, "https://x.example").set(TOKEN) for slug in ("acme-corp", "other-corp")]
    assert [(cookie.key, cookie.path) for cookie in cookies] == [
        ("tenantry_session_acme-corp", "/t/acme-corp"),
        ("tenantry_session_other-corp", "/t/other-corp"),
    ]


def test_it_lasts_as_long_as_the_session_or_the_browser() -> None:
    cookie = SessionCookie("acme-corp", "https://x.example")
    assert cookie.set(TOKEN).max_age is None
    assert cookie.set(TOKEN, NOW + timedelta(hours=1), NOW).max_age == 3600
    assert (cookie.clear().max_age, cookie.clear().value) == (0, "")
