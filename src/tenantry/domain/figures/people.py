"""How people are counted by state, in one statement: each state from the small index that holds only those who are in it."""

from tenantry.domain.directory.fields import STATUS
from tenantry.domain.figures.rules import NOT_ACTIVE
from tenantry.domain.users.states import Status

LIVE_BOUND = 1000
"""So many people of one state are counted while somebody waits; beyond it the count that was noted last is shown."""

_LOCKED = "u.locked and (u.locked_until is null or u.locked_until > now())"
_NOT_DELETED = "u.deleted_at is null"
# A lockout stands beside the user. One OR over both places would first collect everybody of both, whatever the bound is.
_PARTS: tuple[tuple[str, str, str], ...] = (
    *(
        (state, "users u", f"{STATUS[state]} and {_NOT_DELETED}")
        for state in Status
        if state not in {Status.DELETED, Status.LOCKED, Status.ACTIVE}
    ),
    (Status.LOCKED, "users u", f"{_LOCKED} and {_NOT_DELETED}"),
    (
        Status.LOCKED,
        "user_activity a join users u on u.id = a.user_id",
        f"a.locked_out_until > now() and ({_LOCKED}) is not true and {_NOT_DELETED}",
    ),
    (Status.DELETED, "users u", STATUS[Status.DELETED]),
)


def counted_by_state(bound: int | None) -> str:
    """SQL of rows (state, people): each state but active, and NOT_ACTIVE, which is exact where no state exceeds the bound and
    more than the bound where one does. At most one more than `bound` are counted of each; None counts all."""
    limit = "" if bound is None else f"limit {bound + 1}"
    parts = " union all ".join(
        f"(select '{state}' as state, u.id from {source} where {condition} {limit})"
        for state, source, condition in _PARTS
    )
    return f"""
        with marked as materialized ({parts})
        select state, count(*) as people
        from marked
        group by state
        union all
        select '{NOT_ACTIVE}', count(distinct id)
        from marked
        where state <> '{Status.DELETED}'
    """
