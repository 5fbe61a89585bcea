"""A form's hidden value fits one tenant, one purpose, one cookie and one key."""

from typing import Any, cast

import pytest
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie

from tenantry.kernel.crypto import Sealer
from tenantry.surfaces.kit.csrf import Csrf

KEY = "k" * 40
HTTP = "http://localhost:8400"


def browser(cookies: dict[str, str], **headers: str) -> ASGIConnection[Any, Any, Any, Any]:
    text = "; ".join(f"{name}={value}" for name, value in cookies.items())
    pairs = {"cookie": text, **{name.replace("_", "-"): value for name, value in headers.items()}}
    scope = {"type": "http", "headers": [(name.encode(), value.encode()) for name, value in pairs.items()]}
    return ASGIConnection(cast("Any", scope))


def guard(key: str = KEY, slug: str = "acme", address: str = HTTP) -> Csrf:
    return Csrf(Sealer([key]), slug, address)


def test_what_the_page_gave_is_taken_back() -> None:
    cookie = guard().cookie(browser({}))
    assert guard().is_ours(browser({cookie.key: cookie.value or ""}), guard().field(cookie, "x"), "x")


@pytest.mark.parametrize(
    ("other", "about"),
    [(guard(slug="other"), "x"), (guard(key="o" * 40), "x"), (guard(), "y")],
    ids=["another tenant", "another key", "another purpose"],
)
def test_a_value_made_for_something_else_does_not_fit(other: Csrf, about: str) -> None:
    cookie = guard().cookie(browser({}))
    shown = browser({cookie.key: cookie.value or "", "tenantry_csrf_other": cookie.value or ""})
    assert not other.is_ours(shown, guard().field(cookie, "x"), about)


def test_the_same_secret_never_shows_the_same_text_twice() -> None:
    cookie = guard().cookie(browser({}))
    shown = browser({cookie.key: cookie.value or ""})
    first, second = guard().field(cookie, "x"), guard().field(cookie, "x")
    assert first != second
    assert all(guard().is_ours(shown, field, "x") for field in (first, second))


@pytest.mark.parametrize("field", ["", "é", "x", "A" * 86, "=" * 40, "A" * 10_000])
def test_a_value_that_we_never_made_is_refused(field: str) -> None:
    cookie = guard().cookie(browser({}))
    assert not guard().is_ours(browser({cookie.key: cookie.value or ""}), field, "x")


@pytest.mark.parametrize("value", ["", "short", "x" * 44, "é" * 43, "%00" * 14])
def test_a_cookie_that_we_never_made_is_none(value: str) -> None:
    cookie = guard().cookie(browser({"tenantry_csrf_acme": value}))
    assert cookie.value != value
    planted = guard().field(Cookie(key="tenantry_csrf_acme", value=value), "x")
    assert not guard().is_ours(browser({"tenantry_csrf_acme": value}), planted, "x")


def test_a_browser_that_names_another_site_is_believed() -> None:
    cookie = guard().cookie(browser({}))
    field = guard().field(cookie, "x")
    shown = {cookie.key: cookie.value or ""}
    assert not guard().is_ours(browser(shown, sec_fetch_site="cross-site"), field, "x")
    assert guard().is_ours(browser(shown, sec_fetch_site="same-origin"), field, "x")


def test_only_over_https_the_cookie_is_secure() -> None:
    assert not guard().cookie(browser({})).secure
    assert guard(address="https://id.example.com").cookie(browser({})).secure
