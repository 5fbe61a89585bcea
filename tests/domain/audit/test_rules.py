"""Categories, patterns and ranges of the audit log."""

from datetime import UTC, datetime, timedelta

import pytest

from tenantry.domain.audit.model import Category, Range
from tenantry.domain.audit.rules import bounded_range, category_of, checked_action, checked_range, matching
from tenantry.kernel.errors import DomainError

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("action", "category"),
    [
        ("user.created", Category.USER_MANAGEMENT),
        ("user.signed_in", Category.AUTHENTICATION),
        ("user.signed_in.failed", Category.AUTHENTICATION),
        ("user.mfa_required", Category.AUTHENTICATION),
        ("user.session_revoked", Category.AUTHENTICATION),
        ("mfa.factor_admin_reset", Category.AUTHENTICATION),
        ("user.role.assigned", Category.AUTHORIZATION),
        ("user.group.added", Category.USER_MANAGEMENT),
        ("role.deleted", Category.AUTHORIZATION),
        ("permission.created", Category.AUTHORIZATION),
        ("group.updated", Category.USER_MANAGEMENT),
        ("apikey.created", Category.TOKEN_MANAGEMENT),
        ("config.updated", Category.CONFIGURATION),
        ("tenant.suspended", Category.CONFIGURATION),
        ("audit.exported", Category.CONFIGURATION),
        ("something.new", Category.CONFIGURATION),
    ],
)
def test_an_actions_name_decides_its_category(action: str, category: Category) -> None:
    assert category_of(action) is category


def test_a_pattern_means_every_action_that_begins_so() -> None:
    known = ["apikey.created", "user.created", "user.role.assigned", "users"]
    assert matching(known, "user.*") == ["user.created", "user.role.assigned"]
    assert matching(known, "user.created") == ["user.created"]
    assert matching(known, "*") == known


@pytest.mark.parametrize("action", ["", "us*er", "**", "a\n", "x" * 200])
def test_what_is_neither_a_name_nor_a_pattern_is_refused(action: str) -> None:
    with pytest.raises(DomainError) as refused:
        checked_action(action)
    assert "action" in refused.value.fields


def test_a_range_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(DomainError) as refused:
        checked_range(Range(NOW, NOW - timedelta(days=1)), "startDate", "endDate")
    assert "endDate" in refused.value.fields


def test_counts_are_of_the_last_thirty_days_unless_said_otherwise() -> None:
    assert bounded_range(Range(), NOW) == (NOW - timedelta(days=30), NOW)
    assert bounded_range(Range(start=NOW - timedelta(days=3)), NOW) == (NOW - timedelta(days=3), NOW)


def test_counts_are_of_a_year_at_most() -> None:
    with pytest.raises(DomainError) as refused:
        bounded_range(Range(NOW - timedelta(days=400), NOW), NOW)
    assert "startDate" in refused.value.fields


@pytest.mark.parametrize("at", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
def test_counts_at_the_ends_of_time_do_not_overflow(at: datetime) -> None:
    assert bounded_range(Range(start=at), NOW)
    assert bounded_range(Range(end=at), NOW)
