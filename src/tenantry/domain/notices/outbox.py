"""The outbox: each message is a sealed row first, written with what made it necessary, and leaves after the commit.

A message can hold a one-time link or code, so its content is sealed while it waits and goes when it was sent or given up.
"""

import re
from uuid import UUID

import msgspec
from prometheus_client import Counter

from tenantry.domain.codes.model import Channel
from tenantry.domain.invitations.mail_actions import note_delivery
from tenantry.domain.notices.model import MessageState
from tenantry.domain.tenants.opening import OpenTenant
from tenantry.kernel.crypto import Sealer
from tenantry.kernel.ids import new_id
from tenantry.kernel.jobs import TaskEnv
from tenantry.kernel.logs import logger
from tenantry.kernel.mail import MailDelayed, MailRefused, Message, RecipientRefused
from tenantry.kernel.permissions import system_actor
from tenantry.kernel.sms import Sms, SmsDelayed, SmsRefused
from tenantry.kernel.work import Work

PURPOSE = "mail"
POSTMAN = system_actor("mail delivery")
# With pauses that double up to an hour, a server may be away for about 16 hours before its messages are given up.
ATTEMPTS = 24
LONGEST_ERROR = 500
WORD = re.compile(r"[\w-]+")
SHORTEST_CODE = 4
# So long are tokens of links, and few words.
LONG = 20

MAILS = Counter(
    "tenantry_mails",
    "Messages by kind and outcome: sent, delayed, refused, given_up.",
    ["kind", "outcome"],
)
log = logger("mail")


class Row(msgspec.Struct, frozen=True):
    """A message that waits."""

    id: UUID
    kind: str
    channel: Channel
    content: bytes
    attempts: int


class Entry(msgspec.Struct, frozen=True):
    """What makes a message, for whom or for which invitation, the event that it follows, and the kind of its text."""

    kind: str
    user_id: UUID | None
    event_id: UUID | None
    invitation_id: UUID | None = None
    template: str | None = None


async def find_message(work: Work, event_id: UUID, kind: str) -> UUID | None:
    """The message of this kind that follows the event, whatever became of it. System-only."""
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
    work: Work,
    kind: str,
    user_id: UUID | None,
    event_id: UUID | None,
    message: Message,
    sealer: Sealer,
    invitation_id: UUID | None = None,
) -> UUID:
    """Puts a mail into the outbox and gives its id. System-only.

    An event has one message of a kind: when there is one already, that one is kept and its id is given.
    """
    return await put(work, Entry(kind, user_id, event_id, invitation_id), message, sealer)


async def queue_text(
    work: Work, kind: str, user_id: UUID | None, event_id: UUID | None, sms: Sms, sealer: Sealer
) -> UUID:
    """Puts a text message into the outbox and gives its id, as `queue_message` does. System-only."""
    return await put(work, Entry(kind, user_id, event_id), sms, sealer)


async def put(work: Work, entry: Entry, message: Message | Sms, sealer: Sealer) -> UUID:
    """Puts a mail or a text message into the outbox; see `queue_message`. System-only."""
    message_id = new_id()
    channel = Channel.SMS if isinstance(message, Sms) else Channel.EMAIL
    content = sealer.seal(PURPOSE, msgspec.msgpack.encode(msgspec.structs.replace(message, id=message_id)))
    stored = await work.db.run(
        """
        insert into mail_messages (
            id, kind, template, channel, sent_to, user_id, invitation_id, event_id, content, created_at)
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        on conflict (tenant_id, event_id, kind) where event_id is not null do nothing
        """,
        (
            message_id,
            entry.kind,
            entry.template or entry.kind.removeprefix("notices."),
            channel.value,
            message.to,
            entry.user_id,
            entry.invitation_id,
            entry.event_id,
            content,
            work.now,
        ),
    )
    if stored or entry.event_id is None:
        return message_id
    return await find_message(work, entry.event_id, entry.kind) or message_id


async def deliver(env: TaskEnv, tenant_id: UUID, message_id: UUID, *, between: bool = False) -> None:
    """Sends a waiting message and notes what became of it. System-only.

    No unit of work is open while the mail server or the gateway is waited for. A try `between` those that the outbox makes by
    itself is not counted, so that asking for one never brings the end nearer.
    Raises MailDelayed or SmsDelayed when the message did not leave, so that the job behind it is tried again.
    """
    opener = OpenTenant(tenant_id, POSTMAN)
    row = await _find_waiting(env, opener, message_id)
    if row is None:
        return
    try:
        await _send(env, row)
    except RecipientRefused as error:
        await _refuse(env, opener, row, MessageState.BOUNCED, error)
    except (MailRefused, SmsRefused) as error:
        await _refuse(env, opener, row, MessageState.FAILED, error)
    except (MailDelayed, SmsDelayed) as error:
        await _delay(env, opener, row, error, counts=not between)
        raise
    else:
        MAILS.labels(row.kind, "sent").inc()
        await _close(env, opener, row.id, MessageState.SENT, None)


async def _find_waiting(env: TaskEnv, opener: OpenTenant, message_id: UUID) -> Row | None:
    async with env.works.read(opener) as work:
        found = await work.db.one(
            """
            select id, kind, channel, content, attempts
            from mail_messages
            where id = %s
              and state = 'queued'
              and content is not null
            """,
            (message_id,),
        )
    if found is None:
        return None
    return Row(found[0], found[1], Channel(found[2]), bytes(found[3]), found[4])


async def _send(env: TaskEnv, row: Row) -> None:
    content = env.sealer.open(PURPOSE, row.content)
    message: Message | Sms
    try:
        if row.channel is Channel.SMS:
            message = msgspec.msgpack.decode(content, type=Sms)
            await env.texter.send(message)
        else:
            message = msgspec.msgpack.decode(content, type=Message)
            await env.mailer.send(message)
    except (MailRefused, MailDelayed, SmsRefused, SmsDelayed) as error:
        # What a server says is shown to administrators and logged, and some repeat what they were sent.
        raise type(error)(_without_secrets(str(error), message)) from None


def _without_secrets(said: str, message: Message | Sms) -> str:
    """A server's words without what could be a code or a token of the message."""
    secrets = {word for word in WORD.findall(message.text) if len(word) >= LONG or _is_code(word)}
    return WORD.sub(lambda found: "[…]" if found[0] in secrets else found[0], said)


def _is_code(word: str) -> bool:
    return len(word) >= SHORTEST_CODE and (word.isupper() or any(sign.isdigit() for sign in word))


async def _refuse(env: TaskEnv, opener: OpenTenant, row: Row, state: MessageState, error: Exception) -> None:
    MAILS.labels(row.kind, "refused").inc()
    log.warning("a message was refused", kind=row.kind, message=str(row.id), error=str(error))
    await _close(env, opener, row.id, state, str(error))


async def _delay(env: TaskEnv, opener: OpenTenant, row: Row, error: Exception, *, counts: bool) -> None:
    if counts and row.attempts + 1 >= ATTEMPTS:
        MAILS.labels(row.kind, "given_up").inc()
        await _close(env, opener, row.id, MessageState.FAILED, str(error))
    else:
        MAILS.labels(row.kind, "delayed").inc()
        await _keep(env, opener, row.id, str(error), counts=counts)


async def _close(
    env: TaskEnv, opener: OpenTenant, message_id: UUID, state: MessageState, error: str | None
) -> None:
    """Notes the end of a message; its content goes, because nobody will send it again."""
    async with env.works.write(opener) as work:
        row = await work.db.one(
            """
            update mail_messages
            set state = %s,
                attempts = attempts + 1,
                last_error = %s,
                content = null,
                sent_at = case when %s = 'sent' then %s::timestamptz end
            where id = %s
            returning invitation_id, created_at
            """,
            (state.value, _short(error), state.value, work.now, message_id),
        )
        if row is not None and row[0] is not None:
            await note_delivery(work, row[0], row[1], _short(error))


async def _keep(env: TaskEnv, opener: OpenTenant, message_id: UUID, error: str, *, counts: bool) -> None:
    async with env.works.write(opener) as work:
        await work.db.run(
            """
            update mail_messages
            set attempts = attempts + %s,
                last_error = %s
            where id = %s
            """,
            (int(counts), _short(error), message_id),
        )


def _short(error: str | None) -> str | None:
    """A server's words, cut to a length and without what a text column can't hold."""
    return (
        None
        if error is None
        else error[:LONGEST_ERROR].replace("\x00", "").encode("utf-8", "replace").decode()
    )
