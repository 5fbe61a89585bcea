"""What can be done with links: ask for one, make one, use one."""

from tenantry.domain.credentials.actions import store_password
from tenantry.domain.recovery import permissions
from tenantry.domain.recovery.errors import AccountInactive, LinkRefused, NoAddress
from tenantry.domain.recovery.events import PasswordResetRequested
from tenantry.domain.recovery.model import LinkState, Purpose
from tenantry.domain.recovery.queries import check_link
from tenantry.domain.tenants.model import Links
from tenantry.domain.tenants.rules import section
from tenantry.domain.users import permissions as users
from tenantry.domain.users.credential_actions import confirm_email
from tenantry.domain.users.errors import UserNotFound
from tenantry.domain.users.model import User
from tenantry.domain.users.queries import get_user_for_change
from tenantry.domain.users.references import UserRef
from tenantry.domain.users.states import is_locked
from tenantry.kernel.crypto import new_token, token_hash
from tenantry.kernel.ids import new_id
from tenantry.kernel.work import Work


async def request_password_reset(work: Work, user: User) -> None:
    """Asks that a link be mailed; the mail follows the event. Raises NoAddress and AccountInactive."""
    work.require(users.UPDATE)
    if user.email is None:
        raise NoAddress
    if user.blocked or user.disabled or is_locked(user, work.now):
        raise AccountInactive
    work.record(PasswordResetRequested(target_id=user.id, personal={"email": user.email, "name": user.name}))


async def create_link(work: Work, user: User, purpose: Purpose) -> str:
    """Makes a link and gives its token of 256 bits, of which only the hash is stored; older ones of the same purpose die.

    The link belongs to the user's address and password of this moment: it dies when either changes. A block, lock or disabling
    only suspends it: it works again once that is lifted. How long it works is the tenant's setting `links`: -1 for ever, 0 not
    at all. Raises UserNotFound for a user who is gone.
    """
    work.require(users.UPDATE)
    token = new_token()
    # Whoever makes a link for this user at the same time waits here, so that only the newest one stays alive.
    locked = await work.db.one(
        """
        select email_key
        from users
        where id = %s
          and deleted_at is null
        for no key update
        """,
        (user.id,),
    )
    if locked is None:
        raise UserNotFound(str(user.id))
    await work.db.run(
        """
        with overtaken as (
            update recovery_codes
            set revoked_at = %(now)s
            where user_id = %(user)s
              and purpose = %(purpose)s
              and used_at is null
              and revoked_at is null
        )
        insert into recovery_codes (id, user_id, purpose, token_hash, sent_to, created_at, expires_at)
        values (
            %(id)s, %(user)s, %(purpose)s, %(hash)s, %(sent_to)s, %(now)s,
            case
                when %(minutes)s::integer is null then 'infinity'
                else %(now)s + make_interval(mins => %(minutes)s::integer)
            end)
        """,
        {
            "id": new_id(),
            "user": user.id,
            "purpose": purpose,
            "hash": token_hash(token),
            "sent_to": locked[0],
            "now": work.now,
            "minutes": _minutes(work, purpose),
        },
    )
    return token


async def use_link(work: Work, token: str, password_hash: str) -> User:
    """Uses a link up and gives its user the password; their address counts as verified, since the link came to it.

    However many use one link at once, one of them succeeds. Raises LinkRefused, and then nothing is written.
    """
    work.require(permissions.USE)
    link = await check_link(work, token)
    if link.state is not LinkState.VALID or link.user_id is None:
        raise LinkRefused(link.state)
    # The user is locked before the link, as everywhere; whoever comes second finds the link used.
    try:
        user = await get_user_for_change(work, UserRef(link.user_id, None))
    except UserNotFound as error:
        raise LinkRefused(LinkState.OVERTAKEN) from error
    link = await check_link(work, token)
    if link.state is not LinkState.VALID:
        raise LinkRefused(link.state)
    used = await work.db.one(
        """
        update recovery_codes
        set used_at = %s
        where id = %s
          and used_at is null
          and revoked_at is null
        returning sent_to is not null
        """,
        (work.now, link.id),
    )
    if used is None:
        raise LinkRefused(LinkState.USED)
    await work.db.run(
        """
        update recovery_codes
        set revoked_at = %s
        where user_id = %s
          and used_at is null
          and revoked_at is null
        """,
        (work.now, user.id),
    )
    await store_password(work, user, password_hash, temporary=False, by_admin=False)
    if used[0]:
        await confirm_email(work, user)
    return user


def _minutes(work: Work, purpose: Purpose) -> int | None:
    """For how many minutes a link works; None for ever."""
    links = section(work.tenant, "links", Links)
    minutes = links.password_setup_minutes if purpose == "password_setup" else links.password_reset_minutes
    return None if minutes < 0 else minutes
