"""By what the audit log can be filtered, and how each filter becomes SQL."""

from collections.abc import Mapping, Sequence
from ipaddress import ip_address
from typing import Any, TypeGuard

from tenantry.domain.audit.model import Category
from tenantry.domain.audit.rules import EVERY_ACTION, category_of, checked_action, is_pattern, matching
from tenantry.kernel.criteria import AllOf, Compare, Field, Fragment, Node, Not, Op, column
from tenantry.kernel.errors import DomainError, Kind
from tenantry.kernel.events import Outcome

NAMES = ("action", "category", "actorId", "targetId", "outcome", "ip", "timestamp")


def fields(actions: Sequence[str]) -> Mapping[str, Field]:
    """The fields of `Criteria`. `actions` are those that the tenant's log holds; patterns and categories mean a part of them."""

    def action(op: Op, value: Any) -> Fragment:
        _only_equal("action", op)
        if checked_action(value) == EVERY_ACTION:
            return "true", []
        if is_pattern(value):
            return "e.type = any (%s::text[])", [matching(actions, value)]
        return "e.type = %s", [value]

    def category(op: Op, value: Any) -> Fragment:
        _only_equal("category", op)
        return "e.type = any (%s::text[])", [of_category(actions, value)]

    return {
        "action": Field(action),
        "category": Field(category),
        "actorId": column("e.actor_id"),
        "targetId": column("e.target_id"),
        "outcome": Field(_outcome),
        "ip": Field(_ip),
        "timestamp": column("e.occurred_at"),
    }


def of_category(actions: Sequence[str], value: Any) -> list[str]:
    """The actions of a category. Raises DomainError for an unknown one."""
    try:
        wanted = Category(value)
    except ValueError as error:
        raise _unknown("category", [known.value for known in Category]) from error
    return [action for action in actions if category_of(action) is wanted]


def needs_actions(where: Node) -> bool:
    """Whether a filter speaks of several actions at once, so that one has to know which there are."""
    if isinstance(where, Compare):
        of_actions = where.field == "action" and where.value != EVERY_ACTION and is_pattern(where.value)
        return of_actions or where.field == "category"
    if isinstance(where, Not):
        return needs_actions(where.part)
    return any(needs_actions(part) for part in where.parts)


def several_actions(where: Node, actions: Sequence[str]) -> tuple[list[str] | None, Node]:
    """Takes the plain demands for several actions out of a filter: the actions that meet them all, and what is left.

    None where there is no such demand, and where one actor, one target, one network address or what did not succeed is asked
    for, whose entries are the better place to look.
    """
    if not isinstance(where, AllOf) or any(_has_a_better_place(part) for part in where.parts):
        return None, where
    demands = [
        part for part in where.parts if _is_about(part, ("action", "category")) and needs_actions(part)
    ]
    if not demands:
        return None, where
    chosen = list(actions)
    for part in demands:
        by_category = part.field == "category"
        chosen = (
            of_category(chosen, part.value) if by_category else matching(chosen, checked_action(part.value))
        )
    return chosen, AllOf(tuple(part for part in where.parts if part not in demands))


def _has_a_better_place(part: Node) -> bool:
    unsuccessful = _is_about(part, ("outcome",)) and part.value != Outcome.SUCCESS
    return unsuccessful or _is_about(part, ("actorId", "targetId", "ip"))


def _is_about(part: Node, names: tuple[str, ...]) -> TypeGuard[Compare]:
    return isinstance(part, Compare) and part.op is Op.EQ and part.field in names


def _outcome(op: Op, value: Any) -> Fragment:
    _only_equal("outcome", op)
    try:
        outcome = Outcome(value)
    except ValueError as error:
        raise _unknown("outcome", [known.value for known in Outcome]) from error
    # Written out, not a parameter: only then can a prepared statement use the index of what did not succeed.
    return f"e.outcome = '{outcome.value}'", []


def _ip(op: Op, value: Any) -> Fragment:
    _only_equal("ip", op)
    try:
        address = ip_address(str(value))
    except ValueError as error:
        problem = "must be a network address, as in 192.0.2.7 or 2001:db8::7"
        raise DomainError(Kind.INVALID, "validation_error", f"ip {problem}.", {"ip": problem}) from error
    return "e.ip = %s::inet", [str(address)]


def _only_equal(name: str, op: Op) -> None:
    if op is not Op.EQ:
        raise DomainError(
            Kind.INVALID, "validation_error", f"{name} can only be equal.", {name: "can only be equal"}
        )


def _unknown(name: str, known: list[str]) -> DomainError:
    problem = f"must be one of {', '.join(known)}"
    return DomainError(Kind.INVALID, "validation_error", f"{name} {problem}.", {name: problem})
