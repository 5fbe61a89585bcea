"""Reading codes. Reading one never uses it up."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from tenantry.domain.codes import permissions
from tenantry.domain.codes.errors import TooManyCodes
from tenantry.domain.codes.model import (
    LONGEST_TOKEN,
    UNKNOWN_CODE,
    Channel,
    Code,
    CodeKind,
    CodeState,
    Form,
    NewCode,
)
from tenantry.domain.tenants.model import OneTimeCodes
from tenantry.domain.tenants.rules import section
from tenantry.kernel.crypto import token_hash
from tenantry.kernel.work import ReadWork

STATE = """
            case
                when c.used_at is not null then 'used'
                when c.expires_at <= %(now)s then 'expired'
                when c.revoked_at is not null
                  or c.attempts >= c.max_attempts
                  or u.deleted_at is not null
                  or i.revoked_at is not null
                  or i.accepted_at is not null
                  or (c.kind in ('password_setup', 'password_reset') and p.set_at > c.created_at)
                  or (c.sent_to is not null and c.sent_to is distinct from case
                        when c.kind = 'invitation' then i.email_key
                        when c.kind = 'email_change' then u.pending_email_key
                        when c.kind = 'email_revert' and c.sent_to is distinct from u.email_key then (
                            select a.email_key
                            from address_claims a
                            where a.email_key = c.sent_to
                              and a.owner = c.user_id
                              and a.purpose = 'email_revert')
                        when c.sent_to = u.phone then u.phone
                        else u.email_key
                      end) then 'overtaken'
                when u.blocked
                  or u.disabled
                  or (u.locked and (u.locked_until is null or u.locked_until > %(now)s))
                  or u.valid_until <= %(now)s then 'refused'
                else 'valid'
            end"""
SELECT = f"""
        select {STATE}, c.id, c.kind, c.form, c.channel, c.user_id, c.invitation_id, c.sent_to, c.scenario, c.created_at
        from codes c
        left join users u on u.id = c.user_id
        left join invitations i on i.id = c.invitation_id
        left join password_credentials p on p.user_id = c.user_id
"""


async def check_token(work: ReadWork, token: str, *kinds: CodeKind) -> Code:
    """What the link of this token can do now; one of another kind is unknown here."""
    work.require(permissions.using(work.actor))
    if len(token) > LONGEST_TOKEN:
        return UNKNOWN_CODE
    row = await work.db.one(
        f"""
        {SELECT}
        where c.secret_hash = %(hash)s
          and c.form = 'link'
        """,
        {"now": work.now, "hash": token_hash(token)},
    )
    found = UNKNOWN_CODE if row is None else _code(row)
    return found if found.kind in kinds else UNKNOWN_CODE


async def check_code(work: ReadWork, code_id: UUID) -> Code:
    """What the code of this id can do now."""
    work.require(permissions.using(work.actor))
    row = await work.db.one(
        f"""
        {SELECT}
        where c.id = %(id)s
        """,
        {"now": work.now, "id": code_id},
    )
    return UNKNOWN_CODE if row is None else _code(row)


async def find_pending_code(
    work: ReadWork, user_id: UUID, kind: CodeKind, form: Form | None = None
) -> Code | None:
    """The newest code of a kind that a user could still use, or None."""
    work.require(permissions.using(work.actor))
    row = await work.db.one(
        f"""
        {SELECT}
        where c.user_id = %(user)s
          and c.kind = %(kind)s
          and (%(form)s::text is null or c.form = %(form)s)
        order by c.id desc
        limit 1
        """,
        {"now": work.now, "user": user_id, "kind": kind.value, "form": None if form is None else form.value},
    )
    found = None if row is None else _code(row)
    return found if found is not None and found.state is CodeState.VALID else None


async def find_newest_scenario(work: ReadWork, user_id: UUID, kind: CodeKind) -> str | None:
    """The scenario of the newest code of a kind that was made in one, whatever has become of the code."""
    work.require(permissions.using(work.actor))
    found: str | None = await work.db.value(
        """
        select scenario
        from codes
        where user_id = %s
          and kind = %s
          and scenario is not null
        order by id desc
        limit 1
        """,
        (user_id, kind.value),
    )
    return found


async def find_scenarios(work: ReadWork, user_id: UUID, kind: CodeKind) -> frozenset[str]:
    """The scenarios in which codes of a kind were made for a user, whatever has become of the codes."""
    work.require(permissions.using(work.actor))
    rows = await work.db.all(
        """
        select distinct scenario
        from codes
        where user_id = %s
          and kind = %s
          and scenario is not null
        """,
        (user_id, kind.value),
    )
    return frozenset(row[0] for row in rows)


async def refuse_too_many(work: ReadWork, wanted: NewCode, *asked_by: str) -> None:
    """Raises TooManyCodes when the tenant's limits on how often a code is sent to one subject are reached.

    `asked_by` are types of events that ask for one, with its kind in their `data`: those count whose code is not made yet. With
    the subject's row locked, of many who ask at once no more get through than the limits allow.
    """
    work.require(permissions.using(work.actor))
    limits = section(work.tenant, "oneTimeCodes", OneTimeCodes)
    hour = timedelta(hours=1)
    rows = await work.db.all(
        """
        select created_at
        from codes
        where (user_id = %(user)s or invitation_id = %(invitation)s)
          and kind = %(kind)s
          and channel <> 'offline'
          and created_at > %(since)s
        union all
        select e.occurred_at
        from events e
        where e.target_id = coalesce(%(user)s::uuid, %(invitation)s::uuid)
          and e.type = any (%(asked_by)s)
          and e.data ->> 'kind' = %(kind)s
          and e.occurred_at > %(since)s
          and not exists (select from codes c where c.id = e.id)
        order by 1 desc
        limit %(most)s
        """,
        {
            "user": wanted.user_id,
            "invitation": wanted.invitation_id,
            "kind": wanted.kind.value,
            "asked_by": list(asked_by),
            "since": work.now - hour,
            "most": limits.max_sends_per_hour,
        },
    )
    if not rows:
        return
    waits = [timedelta(seconds=limits.seconds_between_sends) - (work.now - rows[0][0])]
    if len(rows) >= limits.max_sends_per_hour:
        waits.append(hour - (work.now - rows[-1][0]))
    wait = max(waits)
    if wait > timedelta(0):
        raise TooManyCodes(int(wait.total_seconds()) + 1)


def _code(row: tuple[Any, ...]) -> Code:
    state, id_, kind, form, channel, *rest = row
    return Code(CodeState(state), id_, CodeKind(kind), Form(form), Channel(channel), *rest)
