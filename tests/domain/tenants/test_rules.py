"""Laying changes over settings."""

from typing import Any

import pytest

from tenantry.domain.tenants.model import Audit, Deletion
from tenantry.domain.tenants.rules import OWN_SECTIONS, checked_slug, defaults, merged
from tenantry.kernel.errors import DomainError, Kind

SECTIONS: dict[str, type] = {"audit": Audit, "deletion": Deletion}


def test_only_what_is_supplied_changes() -> None:
    stored = {"audit": {"retentionDays": 30}, "deletion": {"retentionDays": 7}}
    changed = merged(stored, {"audit": {"autoDelete": True}}, SECTIONS)
    assert changed == {"audit": {"retentionDays": 30, "autoDelete": True}, "deletion": {"retentionDays": 7}}
    assert stored["audit"] == {"retentionDays": 30}


@pytest.mark.parametrize("value", [None, 90])
def test_null_and_the_default_are_stored_no_longer(value: int | None) -> None:
    assert merged({"audit": {"retentionDays": 30}}, {"audit": {"retentionDays": value}}, SECTIONS) == {}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"colours": {}}, "colours"),
        ({"audit": []}, "audit"),
        ({"audit": None}, "audit"),
        ({"audit": {"colour": "red"}}, "audit.colour"),
        ({"audit": {"retentionDays": 0}}, "audit.retentionDays"),
        ({"audit": {"retentionDays": "30"}}, "audit.retentionDays"),
        ({"audit": {"retentionDays": True}}, "audit.retentionDays"),
        ({"audit": {"autoDelete": 0}}, "audit.autoDelete"),
        ({"deletion": {"adminApiRetentionDays": -1}}, "deletion.adminApiRetentionDays"),
    ],
)
def test_what_is_unknown_or_wrong_is_named(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(DomainError) as refused:
        merged({}, changes, SECTIONS)
    assert refused.value.kind is Kind.UNPROCESSABLE
    assert list(refused.value.fields) == [field]


def test_all_faults_are_named_at_once() -> None:
    with pytest.raises(DomainError) as refused:
        merged({}, {"audit": {"retentionDays": 0, "autoDelete": "no"}, "x": {}}, SECTIONS)
    assert set(refused.value.fields) == {"audit.retentionDays", "audit.autoDelete", "x"}


def test_every_section_has_a_default_for_every_key() -> None:
    for kind in OWN_SECTIONS.values():
        assert defaults(kind)
        assert merged({}, {"s": defaults(kind)}, {"s": kind}) == {}


@pytest.mark.parametrize("slug", ["acme", "a", "acme-corp", "0x", "a" * 63])
def test_a_slug_is_a_dns_label(slug: str) -> None:
    assert checked_slug(slug) == slug


@pytest.mark.parametrize(
    "slug", ["", "Acme", "-a", "a-", "a--b", "a_b", "a.b", "a" * 64, "admin", "docs", "ä"]
)
def test_any_other_slug_is_refused(slug: str) -> None:
    with pytest.raises(DomainError) as refused:
        checked_slug(slug)
    assert "slug" in refused.value.fields
