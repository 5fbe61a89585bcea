"""Finding users by what a caller gives: a list of references, or free text."""

from collections.abc import Sequence
from uuid import UUID

from tenantry.domain.users import permissions
from tenantry.domain.users.errors import UserNotFound
from tenantry.domain.users.references import parse_ref
from tenantry.kernel.criteria import Fragment
from tenantry.kernel.listing import Search, SortBy
from tenantry.kernel.problems import FieldError
from tenantry.kernel.work import ReadWork

MOST_USERS = 1000
"""So many users can be named in one call."""

SEARCH_BOUND = 10_000
"""Of a search's matches in the tenant the newest so many take part in a list of some of its users."""

_TRIGRAMS_FROM = 3
_NAMED = 100

SORTS = {
    "createdAt": SortBy("u.id", "uuid"),
    "name": SortBy("u.name_key", "text"),
    "email": SortBy("case when u.email_key is null then '' else u.email_key end", "text"),
}


async def find_user_ids(work: ReadWork, refs: Sequence[str], field: str = "userIds") -> list[UUID]:
    """The ids of users named by id or email, each once, in the order of ids.

    Raises FieldError naming those who are no users of this tenant, and when there are more than MOST_USERS.
    """
    work.require(permissions.READ)
    if len(refs) > MOST_USERS:
        raise FieldError(field, f"must name at most {MOST_USERS} users in one call")
    by_id: dict[UUID, str] = {}
    by_email: dict[str, str] = {}
    unknown: list[str] = []
    for text in refs:
        try:
            ref = parse_ref(text)
        except UserNotFound:
            unknown.append(text)
            continue
        if ref.id is not None:
            by_id[ref.id] = text
        elif ref.email_key is not None:
            by_email[ref.email_key] = text
    rows = await work.db.all(
        """
        select u.id, u.email_key
        from users u
        where u.deleted_at is null
          and (u.id = any (%s) or u.email_key = any (%s))
        order by u.id
        """,
        (list(by_id), list(by_email)),
    )
    for user_id, key in rows:
        by_id.pop(user_id, None)
        by_email.pop(key, None)
    refuse_unknown(field, [*unknown, *by_id.values(), *by_email.values()])
    return [row[0] for row in rows]


def refuse_unknown(field: str, unknown: Sequence[str]) -> None:
    """Raises FieldError naming what a caller named and nobody knows, unless there is nothing."""
    if unknown:
        more = f" and {len(unknown) - _NAMED} more" if len(unknown) > _NAMED else ""
        raise FieldError(field, f"unknown: {', '.join(text[:64] for text in unknown[:_NAMED])}{more}")


def among_found(text: str) -> Search:
    """Free text as a condition on `u`, by the same functions as the search of all users."""
    lowered = text.lower()
    function = "find_user_ids" if len(lowered) >= _TRIGRAMS_FROM else "find_user_ids_by_prefix"
    escaped = lowered.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    condition: Fragment = (
        f"u.id = any (array(select {function}(%s, %s)))",
        [escaped, SEARCH_BOUND],
    )
    exact: Fragment = (
        f"(select count(*) <= %s from {function}(%s, %s))",
        [SEARCH_BOUND, escaped, SEARCH_BOUND + 1],
    )
    return Search(condition, exact)
