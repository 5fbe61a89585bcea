"""Finding users by what a caller gives: a list of references, or free text."""

from collections.abc import Sequence
from typing import Any, LiteralString
from uuid import UUID

import msgspec

from tenantry.domain.users import permissions
from tenantry.domain.users.errors import UserNotFound
from tenantry.domain.users.fields import email_key, username_key
from tenantry.domain.users.references import parse_ref
from tenantry.kernel.criteria import Fragment
from tenantry.kernel.listing import COUNT_BOUND, Listing, SortBy
from tenantry.kernel.problems import FieldError
from tenantry.kernel.slugs import parse_named_ref
from tenantry.kernel.work import ReadWork

MOST_USERS = 1000
"""So many users can be named in one call."""

TRIGRAMS_FROM = 3
"""From so many characters on a search looks inside words; a shorter one looks at their beginnings."""

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


async def find_identified_ids(work: ReadWork, typed: Sequence[str], field: str) -> list[UUID]:
    """The ids of users whom a person names by what they have at hand: id, email or username; each once, in the order of ids.

    Raises FieldError naming those who are no users of this tenant, and when there are more than MOST_USERS.
    """
    work.require(permissions.READ)
    if len(typed) > MOST_USERS:
        raise FieldError(field, f"must name at most {MOST_USERS} users at once")
    ids = {text: found for text in typed if (found := _uuid(text)) is not None}
    emails = {text: key for text in typed if (key := email_key(text)) is not None}
    usernames = {text: key for text in typed if (key := username_key(text)) is not None}
    rows = await work.db.all(
        """
        select u.id, u.email_key, u.username_key
        from users u
        where u.deleted_at is null
          and (u.id = any (%s) or u.email_key = any (%s) or u.username_key = any (%s))
        order by u.id
        """,
        (list(ids.values()), list(emails.values()), list(usernames.values())),
    )
    known = {value for row in rows for value in row if value is not None}
    named = (ids, emails, usernames)
    refuse_unknown(
        field, [text for text in typed if not known & {kind[text] for kind in named if text in kind}]
    )
    return [row[0] for row in rows]


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def refuse_unknown(field: str, unknown: Sequence[str]) -> None:
    """Raises FieldError naming what a caller named and nobody knows, unless there is nothing."""
    if unknown:
        more = f" and {len(unknown) - _NAMED} more" if len(unknown) > _NAMED else ""
        raise FieldError(field, f"unknown: {', '.join(text[:64] for text in unknown[:_NAMED])}{more}")


def named_like(text: str) -> Fragment:
    """Free text as a condition on `u`, for lists of some users, each of whom it looks at."""
    return "strpos(u.search_text, %s) > 0", [text.lower()]


class ListOf(msgspec.Struct, frozen=True):
    """Whose users are listed, such as a group's; and all users who match, where so many are listed that a search begins there."""

    id: UUID
    matches: list[UUID] | None = None

    def narrowed(self, listing: Listing) -> Listing:
        """The list of users as it is best searched."""
        if self.matches is None or len(self.matches) > COUNT_BOUND:
            # So many match that some are soon found.
            return listing
        return msgspec.structs.replace(listing, search=lambda _text: ("u.id = any (%s)", [self.matches]))


async def find_list_of(
    work: ReadWork, ref: str, text: str | None, table: LiteralString, listed: LiteralString
) -> ListOf | None:
    """Whose users are listed, searched for a text or not: what the table knows by this id or slug; None where it knows nothing.

    `listed` selects the users of the row `o`.
    """
    work.require(permissions.READ)
    wanted = parse_named_ref(ref)
    matches, values = _matches(text, listed)
    row = await work.db.one(
        f"""
        select o.id, {matches}
        from {table} o
        where o.id = %s
           or o.slug = %s
        """,
        [*values, wanted.id, wanted.slug],
    )
    return None if row is None else ListOf(*row)


def _matches(text: str | None, listed: LiteralString) -> tuple[LiteralString, list[Any]]:
    # While few are listed, or the text is too short for the search of all users, each who is listed is looked at instead.
    if text is None or len(text) < TRIGRAMS_FROM:
        return "null", []
    column = f"""
        case
            when (select count(*) from ({listed} limit {COUNT_BOUND + 1}) counted) > {COUNT_BOUND}
            then array(select id from find_user_ids(%s, {COUNT_BOUND + 1}) as id)
        end"""
    return column, [like_literally(text.lower())]


def like_literally(text: str) -> str:
    """The text as a part of a LIKE pattern that stands for itself."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
