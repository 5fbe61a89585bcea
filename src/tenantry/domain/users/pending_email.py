"""The address that a user is about to have, and the one that they had: what a change of address does to rows.

These functions do not authorise: the action that calls them does. The user's row is locked.
"""

from datetime import datetime

from tenantry.domain.users.claims import Holder, Purpose, claim_address, release_addresses
from tenantry.domain.users.errors import FIELDS, RESERVED, AddressReserved
from tenantry.domain.users.fields import EmailAddress, email_key
from tenantry.domain.users.model import User
from tenantry.kernel.db import ConstraintBroken
from tenantry.kernel.work import Work


async def start_change(work: Work, user: User, wanted: EmailAddress, until: datetime | None) -> Holder | None:
    """Keeps the address that the user wants, and holds it back for them; gives who has it already, if anybody.

    It is kept in either case, so that what the user sees of it tells them nothing about others. System-only.
    """
    await release_addresses(work, user.id, Purpose.EMAIL_CHANGE)
    holder = await claim_address(work, wanted.key, Purpose.EMAIL_CHANGE, user.id, until)
    await work.db.run(
        """
        update users
        set pending_email = %s,
            pending_email_key = %s,
            version = version + 1,
            updated_at = %s
        where id = %s
        """,
        (wanted.original, wanted.key, work.now, user.id),
    )
    return holder


async def drop_change(work: Work, user: User) -> None:
    """Forgets the address that was wanted; others may have it. System-only."""
    await release_addresses(work, user.id, Purpose.EMAIL_CHANGE)
    await work.db.run(
        """
        update users
        set pending_email = null,
            pending_email_key = null,
            version = version + 1,
            updated_at = %s
        where id = %s
        """,
        (work.now, user.id),
    )


async def complete_change(work: Work, user: User, until: datetime | None) -> None:
    """Makes the wanted address the user's, verified; the old one is held back for them until then. Raises AddressReserved.

    System-only.
    """
    assert user.pending_email is not None
    try:
        await work.db.run(
            """
            update users
            set email = pending_email,
                email_key = free_address(pending_email_key, id, %s),
                email_verified = true,
                pending_email = null,
                pending_email_key = null,
                version = version + 1,
                updated_at = %s
            where id = %s
            """,
            (work.now, work.now, user.id),
        )
    except ConstraintBroken as error:
        raise _refusal(error) from error
    await _own(work, user, email_key(user.pending_email))
    old = None if user.email is None else email_key(user.email)
    if old is not None:
        await claim_address(work, old, Purpose.EMAIL_REVERT, user.id, until)
        await work.db.run("update address_claims set address = %s where email_key = %s", (user.email, old))


async def put_back(work: Work, user: User, key: str) -> str:
    """Makes an address that was the user's theirs again, verified, drops what was wanted, and ends every session and token.

    Gives the address as its owner writes it. Raises AddressReserved. System-only.
    """
    try:
        row = await work.db.one(
            """
            update users u
            set email = case when u.email_key = %(key)s then u.email else coalesce(
                    (select a.address from address_claims a where a.email_key = %(key)s and a.owner = u.id), %(key)s) end,
                email_key = free_address(%(key)s, u.id, %(now)s),
                email_verified = true,
                pending_email = null,
                pending_email_key = null,
                credential_epoch = credential_epoch + 1,
                version = version + 1,
                updated_at = %(now)s
            where id = %(id)s
            returning email
            """,
            {"key": key, "now": work.now, "id": user.id},
        )
    except ConstraintBroken as error:
        raise _refusal(error) from error
    await work.db.run(
        """
        delete from address_claims
        where owner = %s
          and purpose in ('email_change', 'email_revert')
        """,
        (user.id,),
    )
    assert row is not None
    address: str = row[0]
    return address


async def start_phone_verification(work: Work, user: User) -> None:
    """Notes that a verification of the user's number is under way. System-only."""
    if user.phone_pending:
        return
    await work.db.run(
        """
        update users
        set phone_pending = true,
            version = version + 1,
            updated_at = %s
        where id = %s
        """,
        (work.now, user.id),
    )


async def _own(work: Work, user: User, key: str | None) -> None:
    """What is the user's own need not be held back for them."""
    await work.db.run("delete from address_claims where email_key = %s and owner = %s", (key, user.id))


def _refusal(error: ConstraintBroken) -> Exception:
    return AddressReserved() if error.constraint == RESERVED or error.constraint in FIELDS else error
