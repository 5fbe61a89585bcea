"""Erasing people, and deleting for good those whom nobody has restored in time."""

from collections.abc import Sequence
from uuid import UUID

from tenantry.domain.privacy import permissions
from tenantry.domain.privacy.events import ErasureCompleted, ErasureRequested, UserPurged
from tenantry.domain.privacy.job_actions import REDACTED, list_jobs_naming
from tenantry.domain.privacy.rules import Names
from tenantry.domain.privacy.view_actions import forget_views
from tenantry.domain.roles.guards import refuse_own_account, refuse_taking_over
from tenantry.domain.users import permissions as users
from tenantry.domain.users.deletion import remove_user
from tenantry.domain.users.fields import email_key
from tenantry.domain.users.model import User
from tenantry.kernel.work import Job, Work

REDACT = "privacy.redact"


async def erase_person(work: Work, user: User, reason: str | None = None) -> None:
    """Deletes a locked user for good and has their traces in the audit log and in bulk jobs made nameless by a job.

    Raises StrongerUser and OwnAccount.
    What was mailed to them goes at once, and so do their saved views, and their name in those of others.
    The id stays in the audit log: it is random, and nothing is left that it leads to.
    """
    work.require(users.DELETE)
    refuse_own_account(work.actor, user)
    await refuse_taking_over(work, user, users.DELETE)
    phone: str | None = await work.db.value("select freed ->> 'phone' from users where id = %s", (user.id,))
    names = Names(user, phone)
    invitations = await _forget_invitations(work, user)
    tests = await _forget_tests(work, user, phone)
    views = await forget_views(work, user.id, names)
    await _forget_doer(work, user)
    jobs = await list_jobs_naming(work, user.id, names)
    await remove_user(work, user, permanently=True, erased=True, reason=reason)
    work.record(ErasureRequested(target_id=user.id, data={"reason": reason}))
    named = {
        "user": str(user.id),
        "invitations": [str(one) for one in invitations],
        "others": [str(one) for one in (*tests, *views)],
        "bulk_jobs": [str(one) for one in jobs],
    }
    work.defer(Job(REDACT, {"tenant": str(work.tenant.id), **named}))


async def _forget_invitations(work: Work, user: User) -> list[UUID]:
    """Deletes the invitations of a person, to whatever address, and every message to them; gives the ids of the invitations.

    An address that was free again since they were deleted may be somebody else's by now.
    """
    theirs_until = user.deleted_at or work.now
    rows = await work.db.all(
        """
        delete from invitations
        where user_id = %s
           or (email_key = %s and user_id is null and created_at <= %s)
        returning id
        """,
        (user.id, None if user.email is None else email_key(user.email), theirs_until),
    )
    invitations = [row[0] for row in rows]
    await work.db.run(
        """
        with released as (
            delete from address_claims
            where owner = any (%(invitations)s)
        )
        delete from mail_messages
        where user_id = %(user)s
           or invitation_id = any (%(invitations)s)
        """,
        {"user": user.id, "invitations": invitations},
    )
    return invitations


async def _forget_tests(work: Work, user: User, freed_phone: str | None) -> list[UUID]:
    """Deletes the tests of mails that others had sent to a person; gives their ids, also of those that have gone in time.

    The entry of the audit log alone keeps the address as long. As with invitations, it may be somebody else's by now.
    """
    reached_by = (user.email, user.pending_email, user.phone, freed_phone)
    rows = await work.db.all(
        """
        with tests as (
            select target_id as id
            from events
            where type = 'mail_template.tested'
              and lower(personal ->> 'to') = any (%(addresses)s)
              and occurred_at <= %(until)s
        ), gone as (
            delete from mail_messages
            where id in (select id from tests)
        )
        select id
        from tests
        """,
        {"addresses": [one.lower() for one in reached_by if one], "until": user.deleted_at or work.now},
    )
    return [row[0] for row in rows]


async def _forget_doer(work: Work, user: User) -> None:
    """Takes out the name under which a person has invited others or put them into a state. The audit log says whose state."""
    await work.db.run(
        """
        with invited as (
            update invitations
            set invited_label = null
            where invited_by = %(user)s
              and invited_label is not null
        ), touched as (
            select target_id as id, array_agg(distinct personal ->> 'actor') as labels
            from events
            where actor_id = %(user)s
              and target_id is not null
              and personal ->> 'actor' is not null
            group by target_id
        )
        update users u
        set state_notes = (
                select jsonb_object_agg(
                    n.key,
                    case when n.value ->> 'by' = any (t.labels) then n.value || '{"by": null}' else n.value end)
                from jsonb_each(u.state_notes) n),
            version = version + 1
        from touched t
        where u.id = t.id
          and exists (
            select from jsonb_each(u.state_notes) n
            where n.value ->> 'by' = any (t.labels))
        """,
        {"user": user.id},
    )


async def redact_events(work: Work, user_id: UUID, batch: int, others: Sequence[UUID] = ()) -> int:
    """Takes a person out of at most `batch` events that are about them, or about `others` that name them alone, such as their
    invitations, or were done by them; gives how many. System-only.

    Of an event that somebody else did, who that was stays; of one that the person did to somebody else, only the doer goes. A
    doer who has a name but no account yet is the person: they accepted their invitation, or asked for a new link.
    """
    work.require(permissions.PURGE)
    return await work.db.run(
        """
        with named as (
            (select occurred_at, id
             from events
             where target_id = any (%(targets)s)
               and exists (
                select from jsonb_each(personal) p
                where (p.key <> 'actor' or actor_kind = 'anonymous')
                  and p.value <> to_jsonb(%(redacted)s::text))
             limit %(batch)s)
            union
            (select occurred_at, id
             from events
             where actor_id = %(user)s
               and (personal ->> 'actor' <> %(redacted)s or ip is not null or user_agent is not null)
             limit %(batch)s)
            limit %(batch)s
        ), judged as (
            select e.occurred_at, e.id,
                e.target_id is not null and e.target_id = any (%(targets)s) as about,
                e.actor_id is not distinct from %(user)s
                  or (e.actor_kind = 'anonymous' and e.personal ? 'actor' and e.target_id = any (%(targets)s)) as by_them
            from named
            join events e using (occurred_at, id)
        )
        update events e
        set personal = (
                select jsonb_object_agg(
                    p.key,
                    case
                        when p.key = 'actor' and not j.by_them then p.value
                        when p.key <> 'actor' and not j.about then p.value
                        else to_jsonb(%(redacted)s::text)
                    end)
                from jsonb_each(e.personal) p),
            ip = case when j.by_them then null else e.ip end,
            user_agent = case when j.by_them then null else e.user_agent end
        from judged j
        where e.occurred_at = j.occurred_at
          and e.id = j.id
        """,
        {"user": user_id, "targets": [user_id, *others], "batch": batch, "redacted": REDACTED},
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
