"""Reading links. Reading one never uses it up."""

from tenantry.domain.recovery import permissions
from tenantry.domain.recovery.model import LONGEST_TOKEN, UNKNOWN_LINK, Link, LinkState
from tenantry.kernel.crypto import token_hash
from tenantry.kernel.work import ReadWork

STATE = """
            case
                when c.used_at is not null then 'used'
                when c.expires_at <= %(now)s then 'expired'
                when c.revoked_at is not null
                  or p.set_at > c.created_at
                  or c.sent_to is distinct from u.email_key
                  or u.deleted_at is not null then 'overtaken'
                when u.blocked
                  or u.disabled
                  or (u.locked and (u.locked_until is null or u.locked_until > %(now)s)) then 'refused'
                else 'valid'
            end"""


async def check_link(work: ReadWork, token: str) -> Link:
    """What the link of this token can do now."""
    work.require(permissions.USE)
    if len(token) > LONGEST_TOKEN:
        return UNKNOWN_LINK
    row = await work.db.one(
        f"""
        select {STATE}, c.id, c.user_id, c.purpose
        from recovery_codes c
        join users u on u.id = c.user_id
        left join password_credentials p on p.user_id = u.id
        where c.token_hash = %(hash)s
        """,
        {"now": work.now, "hash": token_hash(token)},
    )
    return UNKNOWN_LINK if row is None else Link(LinkState(row[0]), *row[1:])
