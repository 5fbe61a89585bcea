"""The outbox: each mail is a sealed row first, written with what made it necessary, and leaves after the commit.

A mail can hold a one-time link, so its content is sealed while it waits and goes when it has been sent or given up.
"""

from uuid import UUID

import msgspec
from prometheus_client import Counter

from tenantry.domain.tenants.opening import OpenTenant
from tenantry.kernel.crypto import Sealer
from tenantry.kernel.ids import new_id
from tenantry.kernel.jobs import TaskEnv
from tenantry.kernel.logs import logger
from tenantry.kernel.mail import MailDelayed, MailRefused, Message
from tenantry.kernel.permissions import system_actor
from tenantry.kernel.work import Work

PURPOSE = "mail"
POSTMAN = system_actor("mail delivery")
# With pauses that double up to an hour, a mail server may be away for about 16 hours before its mail is given up.
ATTEMPTS = 24
LONGEST_ERROR = 500

MAILS = Counter(
    "tenantry_mails", "Mails by kind and outcome: sent, delayed, refused, given_up.", ["kind", "outcome"]
)
log = logger("mail")


async def find_message(work: Work, event_id: UUID, kind: str) -> UUID | None:
    """The mail of this kind that follows the event, whatever became of it. System-only."""
    found: UUID | None = await work.db.value(
        """
        select id
        from mail_messages
        where event_id = %s
          and kind = %s
        """,
        (event_id, kind),
    )
    return found


async def queue_message(
    work: Work, kind: str, user_id: UUID | None, event_id: UUID | None, message: Message, sealer: Sealer
) -> UUID:
    """Puts a mail into the outbox and gives its id. System-only.

    An event has one mail of a kind: when there is one already, that one is kept and its id is given.
    """
    message_id = new_id()
    content = sealer.seal(PURPOSE, msgspec.msgpack.encode(msgspec.structs.replace(message, id=message_id)))
    stored = await work.db.run(
        """
        insert into mail_messages (id, kind, user_id, event_id, content, created_at)
        values (%s, %s, %s, %s, %s, %s)
        on conflict (tenant_id, event_id, kind) where event_id is not null do nothing
        """,
        (message_id, kind, user_id, event_id, content, work.now),
    )
    if stored or event_id is None:
        return message_id
    return await find_message(work, event_id, kind) or message_id


async def deliver(env: TaskEnv, tenant_id: UUID, message_id: UUID) -> None:
    """Sends a waiting mail and notes what became of it. System-only.

    No unit of work is open while the mail server is waited for.
    Raises MailDelayed when the mail did not leave, so that the job behind it is tried again.
    """
    opener = OpenTenant(tenant_id, POSTMAN)
    async with env.works.read(opener) as work:
        row = await work.db.one(
            """
            select kind, content, attempts
            from mail_messages
            where id = %s
              and state = 'queued'
              and content is not null
            """,
            (message_id,),
        )
    if row is None:
        return
    kind, content, attempts = row
    message = msgspec.msgpack.decode(env.sealer.open(PURPOSE, bytes(content)), type=Message)
    try:
        await env.mailer.send(message)
    except MailRefused as error:
        MAILS.labels(kind, "refused").inc()
        log.warning("a mail was refused", kind=kind, message=str(message_id), error=str(error))
        await _close(env, opener, message_id, "failed", str(error))
    except MailDelayed as error:
        if attempts + 1 >= ATTEMPTS:
            MAILS.labels(kind, "given_up").inc()
            await _close(env, opener, message_id, "failed", str(error))
        else:
            MAILS.labels(kind, "delayed").inc()
            await _keep(env, opener, message_id, str(error))
        raise
    else:
        MAILS.labels(kind, "sent").inc()
        await _close(env, opener, message_id, "sent", None)


async def _close(env: TaskEnv, opener: OpenTenant, message_id: UUID, state: str, error: str | None) -> None:
    """Notes the end of a mail; its content goes, because nobody will send it again."""
    async with env.works.write(opener) as work:
        await work.db.run(
            """
            update mail_messages
            set state = %s,
                attempts = attempts + 1,
                last_error = %s,
                content = null,
                sent_at = case when %s = 'sent' then %s::timestamptz end
            where id = %s
            """,
            (state, _short(error), state, work.now, message_id),
        )


async def _keep(env: TaskEnv, opener: OpenTenant, message_id: UUID, error: str) -> None:
    async with env.works.write(opener) as work:
        await work.db.run(
            """
            update mail_messages
            set attempts = attempts + 1,
                last_error = %s
            where id = %s
            """,
            (_short(error), message_id),
        )


def _short(error: str | None) -> str | None:
    """A server's words, cut to a length and without what a text column can't hold."""
    return (
        None
        if error is None
        else error[:LONGEST_ERROR].replace("\x00", "").encode("utf-8", "replace").decode()
    )
