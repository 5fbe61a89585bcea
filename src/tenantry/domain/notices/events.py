"""Facts about messages. What a message says stands in no event."""

from typing import ClassVar

from tenantry.kernel.events import Event


class MailTemplateTested(Event, frozen=True, kw_only=True):
    """Somebody had a text sent to an address of their choice, with example values; `data` has its kind.

    `to` is personal, and left out where the address is that of who did it.
    """

    type: ClassVar[str] = "mail_template.tested"
    target_type: ClassVar[str] = "message"


class MessageRetried(Event, frozen=True, kw_only=True):
    """Somebody had a message that waits tried again at once."""

    type: ClassVar[str] = "message.retried"
    target_type: ClassVar[str] = "message"
