"""Erasing people, and deleting for good those whom nobody has restored in time."""

from uuid import UUID

from tenantry.domain.privacy import permissions
from tenantry.domain.privacy.events import ErasureCompleted, ErasureRequested, UserPurged
from tenantry.domain.roles.guards import refuse_taking_over
from tenantry.domain.users import permissions as users
from tenantry.domain.users.deletion import remove_user
from tenantry.domain.users.model import User
from tenantry.kernel.work import Job, Work

REDACTED = "[redacted]"
REDACT = "privacy.redact"


async def erase_person(work: Work, user: User, reason: str | None = None) -> None:
    """Deletes a locked user for good and has their traces in the audit log made nameless by a job. Raises StrongerUser.

    What was mailed to them goes at once. The id stays in the audit log: it is random, and nothing is left that it leads to.
    """
    work.require(users.DELETE)
    await refuse_taking_over(work, user, users.DELETE)
    await work.db.run(
        """
        delete from mail_messages
        where user_id = %(user)s
           or invitation_id in (
            select i.id
            from users u
            join invitations i on i.email_key = u.email_key
            where u.id = %(user)s)
        """,
        {"user": user.id},
    )
    if user.email is not None:
        await work.db.run(
            """
            delete from invitations
            where email_key = (select email_key from users where id = %s)
            """,
            (user.id,),
        )
    await remove_user(work, user, permanently=True, erased=True, reason=reason)
    work.record(ErasureRequested(target_id=user.id, data={"reason": reason}))
    work.defer(Job(REDACT, {"tenant": str(work.tenant.id), "user": str(user.id)}))


async def redact_events(work: Work, user_id: UUID, batch: int) -> int:
    """Takes a person out of at most `batch` events that are about them or were done by them; gives how many. System-only.

    Of an event that somebody else did, who that was stays; of one that the person did to somebody else, only the doer goes.
    """
    work.require(permissions.PURGE)
    return await work.db.run(
        """
        with named as (
            (select occurred_at, id
             from events
             where target_id = %(user)s
               and exists (
                select from jsonb_each(personal) p
                where p.key <> 'actor'
                  and p.value <> to_jsonb(%(redacted)s::text))
             limit %(batch)s)
            union
            (select occurred_at, id
             from events
             where actor_id = %(user)s
               and (personal ->> 'actor' <> %(redacted)s or ip is not null or user_agent is not null)
             limit %(batch)s)
            limit %(batch)s
        )
        update events e
        set personal = (
                select jsonb_object_agg(
                    p.key,
                    case
                        when p.key = 'actor' and e.actor_id is distinct from %(user)s then p.value
                        when p.key <> 'actor' and e.target_id is distinct from %(user)s then p.value
                        else to_jsonb(%(redacted)s::text)
                    end)
                from jsonb_each(e.personal) p),
            ip = case when e.actor_id = %(user)s then null else e.ip end,
            user_agent = case when e.actor_id = %(user)s then null else e.user_agent end
        from named
        where e.occurred_at = named.occurred_at
          and e.id = named.id
        """,
        {"user": user_id, "batch": batch, "redacted": REDACTED},
    )


async def note_erasure(work: Work, user_id: UUID, entries: int) -> None:
    """Records that the audit log names the person no more. System-only."""
    work.require(permissions.PURGE)
    work.record(ErasureCompleted(target_id=user_id, data={"entries": entries}))


async def purge_deleted(work: Work, batch: int) -> int:
    """Deletes for good at most `batch` users whose time for a restore is over; gives how many. System-only."""
    work.require(permissions.PURGE)
    rows = await work.db.all(
        """
        delete from users
        where id in (
            select id
            from users
            where purge_at <= %s
            order by purge_at
            limit %s
            for update skip locked)
        returning id
        """,
        (work.now, batch),
    )
    gone = [row[0] for row in rows]
    await work.db.run("delete from address_claims where owner = any (%s)", (gone,))
    for user_id in gone:
        work.record(UserPurged(target_id=user_id))
    return len(gone)
