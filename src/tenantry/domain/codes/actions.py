"""What can be done with codes: issue one, note that it was opened, try it, use it up, withdraw it."""

from uuid import UUID

from tenantry.domain.codes import permissions
from tenantry.domain.codes.errors import CodeRefused, WrongCode
from tenantry.domain.codes.model import Code, CodeKind, CodeState, Form, IssuedCode, NewCode
from tenantry.domain.codes.queries import check_code
from tenantry.domain.codes.rules import minutes_of, new_otp, otp_hash
from tenantry.domain.tenants.model import Links, OneTimeCodes
from tenantry.domain.tenants.rules import section
from tenantry.domain.users import permissions as users
from tenantry.kernel.crypto import Sealer, new_token, same, token_hash
from tenantry.kernel.ids import new_id
from tenantry.kernel.work import Work


async def issue_code(work: Work, new: NewCode, sealer: Sealer) -> IssuedCode:
    """Makes a code and gives its secret, of which only a hash is stored; older ones of the same kind and subject die.
    Of those that take a change of address back one lives for each address, so that a second change does not end what the first
    one's owner may do.

    The subject's row should be locked, so that of two codes made at once one stays alive. A code dies when the address it was
    sent to is no longer the user's, and one that sets a password also with every newer password.
    """
    work.require(users.UPDATE if new.invitation_id is None else users.CREATE)
    otps = section(work.tenant, "oneTimeCodes", OneTimeCodes)
    usual = minutes_of(new.kind, new.form, section(work.tenant, "links", Links), otps)
    minutes = usual if new.minutes is None else new.minutes
    code_id = new.id or new_id()
    secret = new_token() if new.form is Form.LINK else new_otp(otps)
    hashed = token_hash(secret) if new.form is Form.LINK else otp_hash(sealer, code_id, secret)
    row = await work.db.one(
        """
        with overtaken as (
            update codes
            set revoked_at = %(now)s
            where (user_id = %(user)s or invitation_id = %(invitation)s)
              and kind = %(kind)s
              and (kind <> 'email_revert' or sent_to = %(sent_to)s)
              and used_at is null
              and revoked_at is null
        )
        insert into codes (
            id, kind, form, channel, user_id, invitation_id, secret_hash, sent_to, scenario, max_attempts,
            created_at, expires_at)
        values (
            %(id)s, %(kind)s, %(form)s, %(channel)s, %(user)s, %(invitation)s, %(hash)s, %(sent_to)s, %(scenario)s,
            %(attempts)s, %(now)s,
            case
                when %(minutes)s::integer is null then 'infinity'
                else %(now)s + make_interval(mins => %(minutes)s::integer)
            end)
        returning nullif(expires_at, 'infinity')
        """,
        {
            "id": code_id,
            "kind": new.kind.value,
            "form": new.form.value,
            "channel": new.channel.value,
            "user": new.user_id,
            "invitation": new.invitation_id,
            "hash": hashed,
            "sent_to": new.sent_to,
            "scenario": new.scenario,
            "attempts": otps.max_attempts,
            "now": work.now,
            "minutes": minutes,
        },
    )
    assert row is not None
    return IssuedCode(code_id, secret, row[0])


async def note_opening(work: Work, code: Code) -> None:
    """Notes that somebody, or a scanner, has opened a link for the first time; it stays as good as it was."""
    work.require(permissions.using(work.actor))
    await work.db.run(
        """
        update codes
        set opened_at = %s
        where id = %s
          and opened_at is null
        """,
        (work.now, code.id),
    )


async def try_otp(work: Work, code_id: UUID, typed: str, sealer: Sealer) -> Code | None:
    """The code, when what was typed is it; None otherwise, and then the try is counted.

    The caller commits either way: a refusal that is rolled back would give tries without end. The row is locked, so that many
    tries at once are counted one by one. It is not used up yet: see `use_code`.
    """
    work.require(permissions.using(work.actor))
    row = await work.db.one(
        """
        select secret_hash
        from codes
        where id = %s
          and form = 'otp'
        for no key update
        """,
        (code_id,),
    )
    stored = b"" if row is None else bytes(row[0])
    # Computed in every case, so that the time taken tells nothing.
    right = same(otp_hash(sealer, code_id, typed), stored)
    code = await check_code(work, code_id)
    if right and code.state is CodeState.VALID:
        return code
    await work.db.run(
        """
        update codes
        set attempts = attempts + 1
        where id = %s
          and attempts < max_attempts
        """,
        (code_id,),
    )
    return None


async def use_code(work: Work, code: Code) -> Code:
    """Uses a code up and gives it as it was; of however many at once, one succeeds.

    Lock the subject's row before, so that what stops the code is seen. Raises CodeRefused, and WrongCode for a one-time code.
    """
    work.require(permissions.using(work.actor))
    fresh = code if code.id is None else await check_code(work, code.id)
    if fresh.state is CodeState.VALID:
        used = await work.db.run(
            """
            update codes
            set used_at = %s
            where id = %s
              and used_at is null
              and revoked_at is null
            """,
            (work.now, fresh.id),
        )
        if used:
            return fresh
        fresh = await check_code(work, fresh.id) if fresh.id is not None else fresh
    if fresh.form is Form.OTP:
        raise WrongCode
    raise CodeRefused(fresh.state if fresh.state is not CodeState.VALID else CodeState.USED)


async def withdraw_codes(
    work: Work, *kinds: CodeKind, user_id: UUID | None = None, invitation_id: UUID | None = None
) -> None:
    """Kills every open code of these kinds of a user or an invitation."""
    work.require(users.UPDATE if invitation_id is None else users.CREATE)
    await work.db.run(
        """
        update codes
        set revoked_at = %s
        where (user_id = %s or invitation_id = %s)
          and kind = any (%s)
          and used_at is null
          and revoked_at is null
        """,
        (work.now, user_id, invitation_id, [kind.value for kind in kinds]),
    )
