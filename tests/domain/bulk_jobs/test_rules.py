"""What a request may say, and a filter that is kept and found again."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import uuid4

import pytest

from tenantry.domain.bulk_jobs.model import Action, BulkParams, BulkRequest
from tenantry.domain.bulk_jobs.rules import NEEDED, checked_request, from_json, to_json, whom
from tenantry.kernel.criteria import EVERYTHING, AllOf, AnyOf, Compare, Not, Op
from tenantry.kernel.problems import FieldError

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
ONE = uuid4()


@pytest.mark.parametrize(
    "node",
    [
        EVERYTHING,
        AllOf((Compare("status", Op.EQ, "suspended"), Compare("verified", Op.EQ, False))),
        AnyOf((Not(Compare("role", Op.EQ, "admin")), Compare("createdAt", Op.GE, NOW))),
        Compare("lastLoginAt", Op.LT, datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=2)))),
    ],
)
def test_a_filter_that_was_kept_is_the_same(node: Any) -> None:
    assert from_json(to_json(node)) == node


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "filter"),
        ({"where": EVERYTHING, "ids": [ONE]}, "filter"),
        ({"ids": []}, "ids"),
        ({"ids": [uuid4() for _ in range(1001)]}, "ids"),
        ({"ids": [ONE, ONE]}, "ids"),
        ({"ids": [ONE], "params": BulkParams(role="user")}, "params.role"),
        ({"ids": [ONE], "params": BulkParams(permanent=True)}, "params.permanent"),
        ({"ids": [ONE], "params": BulkParams(until=NOW)}, "params.until"),
        ({"ids": [ONE], "params": BulkParams(until=datetime(2027, 1, 1))}, "params.until"),  # noqa: DTZ001
        ({"ids": [ONE], "params": BulkParams(reason="x" * 501)}, "params.reason"),
        ({"ids": [ONE], "snapshot_at": NOW + timedelta(seconds=1)}, "snapshotAt"),
        ({"action": Action.ADD_ROLE, "ids": [ONE]}, "params.role"),
        ({"action": Action.REMOVE_GROUP, "ids": [ONE], "params": BulkParams(group="")}, "params.group"),
        ({"action": Action.RESEND, "ids": [ONE], "params": BulkParams(reason="x")}, "params.reason"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused_by_the_name_of_the_field(
    fields: dict[str, Any], field: str
) -> None:
    with pytest.raises(FieldError) as refused:
        checked_request(BulkRequest(**{"action": Action.SUSPEND, **fields}), NOW)
    assert list(refused.value.fields) == [field]


def test_without_a_snapshot_it_is_now() -> None:
    clean = checked_request(BulkRequest(action=Action.DELETE, where=EVERYTHING), NOW)
    assert clean.snapshot_at == NOW
    assert whom(clean) == AllOf((EVERYTHING, Compare("createdAt", Op.LE, NOW)))


def test_every_action_needs_a_permission() -> None:
    assert set(NEEDED) == set(Action)
