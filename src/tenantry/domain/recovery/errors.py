"""What can be refused about links."""

from tenantry.domain.recovery.model import LinkState
from tenantry.kernel.errors import DomainError, Kind

TEXTS = {
    LinkState.EXPIRED: (Kind.PRECONDITION, "link_expired", "This link has expired."),
    LinkState.OVERTAKEN: (Kind.PRECONDITION, "link_overtaken", "This link is no longer valid."),
    LinkState.USED: (Kind.PRECONDITION, "link_used", "This link has been used already."),
    LinkState.REFUSED: (Kind.FORBIDDEN, "account_inactive", "This account cannot be used at present."),
    LinkState.UNKNOWN: (Kind.NOT_FOUND, "resource_not_found", "There is no such link."),
}


class LinkRefused(DomainError):
    """The link does not set a password (any more). `state` says why."""

    def __init__(self, state: LinkState) -> None:
        super().__init__(*TEXTS[state])
        self.state = state


class NoAddress(DomainError):
    """The user has no address to which a link could be mailed."""

    def __init__(self) -> None:
        problem = "the user has no email address, so no link can be mailed"
        super().__init__(Kind.UNPROCESSABLE, "validation_error", f"email: {problem}.", {"email": problem})


class AccountInactive(DomainError):
    """The account is suspended, locked or disabled, so a link would not work."""

    def __init__(self) -> None:
        problem = "the user is suspended, locked or disabled; a link would not work until that is lifted"
        super().__init__(Kind.UNPROCESSABLE, "validation_error", f"status: {problem}.", {"status": problem})
