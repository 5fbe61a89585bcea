"""Facts about signing in."""

from typing import ClassVar

from tenantry.kernel.events import Event


class UserSignedIn(Event, frozen=True, kw_only=True):
    """Somebody signed in. `data`: `method`, `amr` (RFC 8176), `sessionId`, `remember`."""

    type: ClassVar[str] = "user.signed_in"
    target_type: ClassVar[str] = "user"


class SignInFailed(Event, frozen=True, kw_only=True):
    """Somebody tried to sign in and could not. `data.reason` says why, for administrators; whoever tried is not told. Without a
    target nobody has the identifier that was typed, which is not kept: people type passwords there."""

    type: ClassVar[str] = "user.signed_in.failed"
    target_type: ClassVar[str] = "user"
