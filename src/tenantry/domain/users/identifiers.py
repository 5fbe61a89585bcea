"""Finding the one user whom somebody names by what they type: an address, a username or a number."""

from collections.abc import Collection

import msgspec

from tenantry.domain.users import permissions
from tenantry.domain.users.fields import email_key, normal_phone, username_key
from tenantry.domain.users.model import COLUMNS, User
from tenantry.kernel.problems import FieldError
from tenantry.kernel.work import ReadWork

KINDS = ("email", "username", "phone")
LONGEST = 320


class Identifiers(msgspec.Struct, frozen=True):
    """A text as each kind of identifier that it can be, in the form that is compared."""

    email_key: str | None = None
    phone: str | None = None
    username_key: str | None = None


def read_identifier(typed: str, kinds: Collection[str] = KINDS, region: str | None = None) -> Identifiers:
    """What was typed, as each of `kinds`. `region` is the country (ISO 3166-1) of a number without a country code."""
    text = typed.strip()
    if not text or len(text) > LONGEST:
        return Identifiers()
    return Identifiers(
        email_key=email_key(text) if "email" in kinds else None,
        phone=_phone(text, region) if "phone" in kinds else None,
        username_key=username_key(text) if "username" in kinds else None,
    )


async def find_by_identifier(
    work: ReadWork, named: Identifiers, *, with_deleted: bool = False
) -> User | None:
    """The user with this identifier. One statement in every case, so that the time tells nothing.

    Deleted users are found where that is asked for, as far as their identifiers are still theirs.
    No two users share an identifier of any kind; should a number look like a username, the username is meant.
    """
    work.require(permissions.READ)
    row = await work.db.one(
        f"""
        select {COLUMNS}
        from users u
        where (u.deleted_at is null or %(deleted)s)
          and (u.email_key = %(email)s or u.username_key = %(username)s or u.phone = %(phone)s)
        order by u.username_key = %(username)s desc nulls last
        limit 1
        """,
        {
            "email": named.email_key,
            "username": named.username_key,
            "phone": named.phone,
            "deleted": with_deleted,
        },
    )
    return None if row is None else User(*row)


def _phone(text: str, region: str | None) -> str | None:
    # Only what could be a number reaches the library, which takes a while to load.
    if not any(sign.isdecimal() for sign in text) or any(sign.isalpha() or sign == "@" for sign in text):
        return None
    try:
        return normal_phone(text, region)
    except FieldError:
        return None
