"""What each action needs, and how a filter is kept until the job has run."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from tenantry.domain.bulk_jobs.model import MOST_IDS, Action, BulkParams, BulkRequest, StopReason
from tenantry.domain.groups import permissions as groups
from tenantry.domain.roles import permissions as roles
from tenantry.domain.users import permissions as users
from tenantry.kernel.criteria import AllOf, AnyOf, Compare, Node, Not, Op
from tenantry.kernel.permissions import Permission
from tenantry.kernel.problems import FieldError, checked_moment, clean_text

MAX_REASON = 500
NEEDED: dict[Action, Permission] = {
    Action.SUSPEND: users.UPDATE,
    Action.ENABLE: users.UPDATE,
    Action.ADD_ROLE: roles.ASSIGN,
    Action.REMOVE_ROLE: roles.ASSIGN,
    Action.ADD_GROUP: groups.ASSIGN,
    Action.REMOVE_GROUP: groups.ASSIGN,
    Action.MARK_VERIFIED: users.UPDATE,
    Action.RESEND: users.UPDATE,
    Action.REVOKE_SESSIONS: users.UPDATE,
    Action.DELETE: users.DELETE,
    Action.RESTORE: users.DELETE,
}
"""Beside the right to see people."""
TAKES: dict[Action, frozenset[str]] = {
    Action.SUSPEND: frozenset({"reason", "until"}),
    Action.ENABLE: frozenset({"reason"}),
    Action.ADD_ROLE: frozenset({"role"}),
    Action.REMOVE_ROLE: frozenset({"role"}),
    Action.ADD_GROUP: frozenset({"group"}),
    Action.REMOVE_GROUP: frozenset({"group"}),
    Action.DELETE: frozenset({"reason", "permanent"}),
}
REQUIRED = ("role", "group")
NOT_ONESELF = (Action.SUSPEND, Action.DELETE, Action.REVOKE_SESSIONS)
"""Whoever did these to themselves would stop the job in its middle."""
WORDS: dict[StopReason, str] = {
    StopReason.ACTOR_GONE: "Whoever asked for this cannot act any more: the account or the API key was ended.",
    StopReason.SIGNED_OUT: "Whoever asked for this was signed out everywhere meanwhile, as with a new password.",
    StopReason.PERMISSION_LOST: "Whoever asked for this lost the permission that it needs.",
    StopReason.ROLE_GONE: "The role was deleted.",
    StopReason.GROUP_GONE: "The group was deleted.",
    StopReason.TENANT_SUSPENDED: "The tenant was suspended.",
}


def checked_request(request: BulkRequest, now: datetime) -> BulkRequest:
    """The request with clean parameters and a snapshot. Raises FieldError naming what is wrong."""
    if (request.where is None) == (request.ids is None):
        raise FieldError("filter", "give either a filter or ids; an empty filter means everybody")
    if request.ids is not None:
        _check_ids(request.ids)
    return msgspec.structs.replace(
        request, params=_checked_params(request, now), snapshot_at=_checked_snapshot(request.snapshot_at, now)
    )


def whom(request: BulkRequest) -> Node:
    """The condition of the people whom a checked request means. Only those who are deleted can be restored."""
    where = Compare("ids", Op.EQ, request.ids) if request.where is None else request.where
    parts = [where, Compare("createdAt", Op.LE, request.snapshot_at)]
    if request.action is Action.RESTORE:
        parts.append(Compare("status", Op.EQ, "deleted"))
    return AllOf(tuple(parts))


def unchanged(request: BulkRequest, slug: str | None) -> Node | None:
    """The condition of those for whom the action has nothing to do, where that is cheap to know."""
    params = request.params
    if request.action is Action.SUSPEND and params.reason is None and params.until is None:
        # A suspension with an end becomes one for good.
        return AllOf((Compare("blocked", Op.EQ, True), Compare("suspensionEnds", Op.EQ, False)))
    if request.action is Action.ENABLE:
        return Compare("blocked", Op.EQ, False)
    if request.action is Action.MARK_VERIFIED:
        return Compare("verified", Op.EQ, True)
    if request.action in (Action.ADD_GROUP, Action.REMOVE_GROUP):
        member = Compare("group", Op.EQ, slug)
        return member if request.action is Action.ADD_GROUP else Not(member)
    return None


def to_json(node: Node) -> dict[str, Any]:
    """A condition as it is stored."""
    if isinstance(node, Compare):
        key = "moment" if isinstance(node.value, datetime) else "value"
        value = node.value.isoformat() if isinstance(node.value, datetime) else node.value
        return {"field": node.field, "op": node.op.value, key: value}
    if isinstance(node, Not):
        return {"not": to_json(node.part)}
    return {"all" if isinstance(node, AllOf) else "any": [to_json(part) for part in node.parts]}


def from_json(stored: dict[str, Any]) -> Node:
    """The condition that `to_json` stored."""
    if "field" in stored:
        value = datetime.fromisoformat(stored["moment"]) if "moment" in stored else stored["value"]
        return Compare(stored["field"], Op(stored["op"]), value)
    if "not" in stored:
        return Not(from_json(stored["not"]))
    if "all" in stored:
        return AllOf(tuple(from_json(part) for part in stored["all"]))
    return AnyOf(tuple(from_json(part) for part in stored["any"]))


def _check_ids(ids: list[UUID]) -> None:
    if not 1 <= len(ids) <= MOST_IDS:
        raise FieldError("ids", f"must have 1 to {MOST_IDS} entries, but has {len(ids)}")
    if len(set(ids)) != len(ids):
        raise FieldError("ids", "names somebody twice")


def _checked_params(request: BulkRequest, now: datetime) -> BulkParams:
    params, takes = request.params, TAKES.get(request.action, frozenset())
    default = BulkParams()
    for name in BulkParams.__struct_fields__:
        given = getattr(params, name) != getattr(default, name)
        if given and name not in takes:
            raise FieldError(f"params.{name}", f"has no meaning for the action {request.action.value}")
        if not getattr(params, name) and name in takes and name in REQUIRED:
            raise FieldError(f"params.{name}", f"is required for the action {request.action.value}")
    until = None if params.until is None else checked_moment("params.until", params.until)
    if until is not None and until <= now:
        raise FieldError("params.until", "must lie in the future")
    reason = clean_text("params.reason", params.reason, MAX_REASON)
    return msgspec.structs.replace(params, reason=reason, until=until)


def _checked_snapshot(moment: datetime | None, now: datetime) -> datetime:
    if moment is None:
        return now
    moment = checked_moment("snapshotAt", moment)
    if moment > now:
        raise FieldError("snapshotAt", "must not lie in the future")
    return moment
