"""What can be refused about codes."""

from tenantry.domain.codes.model import CodeState
from tenantry.kernel.errors import DomainError, Kind, waiting

TEXTS = {
    CodeState.EXPIRED: (Kind.PRECONDITION, "link_expired", "This link has expired."),
    CodeState.OVERTAKEN: (Kind.PRECONDITION, "link_overtaken", "This link is no longer valid."),
    CodeState.USED: (Kind.PRECONDITION, "link_used", "This link has been used already."),
    CodeState.REFUSED: (Kind.FORBIDDEN, "account_inactive", "This account cannot be used at present."),
    CodeState.UNKNOWN: (Kind.NOT_FOUND, "resource_not_found", "There is no such link."),
}


class CodeRefused(DomainError):
    """The link or code does nothing (any more). `state` says why."""

    def __init__(self, state: CodeState) -> None:
        super().__init__(*TEXTS[state])
        self.state = state


class WrongCode(DomainError):
    """What was typed is not the code, or the code is no longer good; the answer does not say which."""

    def __init__(self) -> None:
        problem = "is wrong or no longer valid"
        super().__init__(
            Kind.UNPROCESSABLE, "invalid_code", "The code is wrong or no longer valid.", {"code": problem}
        )


class TooManyCodes(DomainError):
    """So many codes were asked for that nothing more is sent for a while. `retry_after` is in seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(
            Kind.TOO_MANY,
            "rate_limit_exceeded",
            f"That was asked for too often. Try again in {waiting(retry_after)}.",
            retry_after=retry_after,
        )
