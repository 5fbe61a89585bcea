"""Where a sign-in goes on: within the tenant, or nowhere."""

import pytest

from tenantry.surfaces.kit.next_path import safe_next


@pytest.mark.parametrize(
    "path",
    [
        "/t/acme-corp/account/sessions",
        "/t/acme-corp",
        "/t/acme-corp/users?search=ann%20b&page=2#row",
        "/t/acme-corp/a?next=https://elsewhere.example/",
    ],
)
def test_a_path_of_the_tenant_is_followed(path: str) -> None:
    assert safe_next("acme-corp", path) == path


@pytest.mark.parametrize(
    "path",
    [
        None,
        "",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https://evil.example/t/acme-corp/",
        "https:/t/acme-corp/x",
        "javascript:alert(1)",
        "//t/acme-corp/x",
        "/t/acme-corp//evil.example",
        "/t/acme-corp/../../evil",
        "/t/acme-corp/..%2f..%2fevil",
        "/t/acme-corp/%2e%2e/%2e%2e/other",
        "/t/acme-corp/%252e%252e/other",
        "/%2Fevil.example",
        "/%5Cevil.example",
        "/t/acme-corp/%5c%5cevil.example",
        "/t/acme-corp/\nlocation: x",
        "/t/acme-corp/%0d%0aset-cookie:x",
        "/t/acme-corp/%00",
        "/t/other-corp/account",
        "/t/acme-corporation/account",
        "/docs",
        "account/sessions",
        "/t/acme-corp/\u2215",
        "/t/acme-corp/" + "x" * 1100,
        "///t/acme-corp/",
        "/t/acme-corp@evil.example",
        "http://[::1",
    ],
)
def test_anything_else_is_forgotten(path: str | None) -> None:
    assert safe_next("acme-corp", path) is None
