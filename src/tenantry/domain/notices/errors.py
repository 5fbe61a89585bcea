"""What can be refused about messages."""

from tenantry.domain.mail_templates.model import Medium
from tenantry.domain.notices.model import MessageState
from tenantry.kernel.errors import DomainError, Kind


class MessageNotFound(DomainError):
    """No message of this tenant has this id, or it is gone: messages are kept for 90 days."""

    def __init__(self, message_id: str) -> None:
        super().__init__(Kind.NOT_FOUND, "message_not_found", f"There is no message {message_id[:64]!r}.")


class NothingToRetry(DomainError):
    """The message does not wait any more, and its content is gone."""

    def __init__(self, state: MessageState) -> None:
        said = (
            "The message was sent already."
            if state is MessageState.SENT
            else "The message was given up, and its content with it, because a link or code in it must not lie about."
            " Send the link, code or invitation again instead."
        )
        super().__init__(Kind.CONFLICT, "message_not_waiting", said, {"state": state.value})


class NowhereToSend(DomainError):
    """Whoever asks for a test to themselves is no person, or has no such address."""

    def __init__(self, medium: Medium) -> None:
        lacks = "phone number" if medium is Medium.SMS else "email address"
        super().__init__(
            Kind.CONFLICT, "no_address", f"Your account has no {lacks}, so no test can be sent to you."
        )


class TooManyTests(DomainError):
    """The tenant has sent its share of test messages for now. `retry_after` is in seconds."""

    def __init__(self, most: int, retry_after: int) -> None:
        super().__init__(
            Kind.TOO_MANY,
            "rate_limit_exceeded",
            f"At most {most} test messages go out in an hour. Try again in {retry_after} seconds.",
            retry_after=retry_after,
        )
