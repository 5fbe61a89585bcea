"""What can be refused about sessions."""

from uuid import UUID

from tenantry.kernel.errors import DomainError, Kind


class SessionNotFound(DomainError):
    """The user has no session of this id that is alive."""

    def __init__(self, session_id: UUID | str) -> None:
        super().__init__(
            Kind.NOT_FOUND,
            "resource_not_found",
            "There is no such session.",
            {"sessionId": str(session_id)[:64]},
        )


class SessionEnded(DomainError):
    """The session is unknown here, has expired or was ended; the answer does not say which."""

    def __init__(self) -> None:
        super().__init__(Kind.UNAUTHENTICATED, "invalid_session", "You are not signed in.")


class SignInRefused(DomainError):
    """The account is not in a state in which somebody can be signed in."""

    def __init__(self) -> None:
        super().__init__(Kind.FORBIDDEN, "sign_in_refused", "This account cannot be used to sign in.")


class TooManySessions(DomainError):
    """The user has as many sessions as the tenant allows, and the tenant wants the next one refused."""

    def __init__(self, most: int) -> None:
        super().__init__(
            Kind.FORBIDDEN,
            "too_many_sessions",
            f"You are signed in on {most} other device{'s' if most > 1 else ''} already, which is as many as is allowed. Sign out"
            " on one of them first.",
        )
