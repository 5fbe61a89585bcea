"""What can be done about signing in: count a try, note a failure, keep an attempt, start the session."""

from datetime import timedelta

from tenantry.domain.login import permissions
from tenantry.domain.login.errors import AttemptEnded
from tenantry.domain.login.events import SignInFailed, UserSignedIn
from tenantry.domain.login.model import (
    AMR,
    Attempt,
    Candidate,
    Credentials,
    Progress,
    Reason,
    SignedIn,
    Step,
    Visitor,
)
from tenantry.domain.login.rules import throttle_key
from tenantry.domain.sessions import permissions as sessions
from tenantry.domain.sessions.actions import start_session
from tenantry.domain.sessions.errors import SignInRefused
from tenantry.domain.sessions.model import Caller
from tenantry.domain.tenants.model import SignIn, Throttling
from tenantry.domain.tenants.rules import section
from tenantry.domain.throttles.actions import Throttle, count_tries
from tenantry.domain.throttles.errors import TooOften
from tenantry.domain.users.errors import UserNotFound
from tenantry.domain.users.events import UserLocked
from tenantry.domain.users.lockout import REASON, count_failure, note_sign_in
from tenantry.domain.users.model import User
from tenantry.domain.users.queries import get_user_for_change
from tenantry.domain.users.references import UserRef
from tenantry.kernel.crypto import new_token, token_hash
from tenantry.kernel.events import Outcome
from tenantry.kernel.ids import new_id
from tenantry.kernel.permissions import system_actor
from tenantry.kernel.work import Work

ATTEMPT_LASTS = timedelta(minutes=15)


async def sign_in(
    work: Work, user: User, caller: Caller, *, remember: bool, method: str, unchanged_since: int | None = None
) -> SignedIn:
    """Starts a session for somebody who has proven who they are, whatever the way, and notes it with their activity.

    `unchanged_since` is the epoch of the password they have shown, where the user was read before and is not locked. Raises
    SignInRefused for an account that some state keeps out, that is locked out or that has changed since, and TooManySessions.
    """
    work.require(sessions.START)
    started = await start_session(
        work, user, caller, remember=remember, method=method, unchanged_since=unchanged_since
    )
    if not await note_sign_in(work, user.id):
        raise SignInRefused
    kept = remember and section(work.tenant, "signIn", SignIn).remember_me
    data = {
        "method": method,
        "amr": AMR.get(method, [method]),
        "sessionId": str(started.id),
        "remember": kept,
    }
    work.record(UserSignedIn(target_id=user.id, data=data, personal={"email": user.email}))
    return SignedIn(started.token, started.expires_at, started.id, kept)


async def count_try(work: Work, visitor: Visitor, identifier: str) -> TooOften | None:
    """Counts one try against the address and against the account that was named, whether it exists or not.

    The refusal is given and not raised, so that the caller commits the count first.
    """
    work.require(permissions.SIGN_IN)
    rates = section(work.tenant, "throttling", Throttling)
    refusal = await count_tries(
        work,
        [
            Throttle("sign_in.address", visitor.network, rates.sign_ins_per_address),
            Throttle("sign_in.account", throttle_key(identifier), rates.sign_ins_per_account),
        ],
    )
    if refusal is not None:
        work.record(SignInFailed(outcome=Outcome.DENIED, data={"reason": Reason.THROTTLED.value}))
    return refusal


async def note_wrong_password(work: Work, candidate: Candidate | None) -> None:
    """Counts a password that was wrong, or that was not looked at, and says in the audit log which; the one that reaches the
    limit locks the account for a while."""
    work.require(permissions.SIGN_IN)
    has_password = candidate is not None and candidate.password_hash is not None
    # Also where there is nobody to count for: the time taken must not tell.
    after = await count_failure(work, candidate.user.id if candidate and has_password else new_id())
    if candidate is None:
        work.record(SignInFailed(outcome=Outcome.FAILURE, data={"reason": Reason.UNKNOWN_USER.value}))
        return
    user = candidate.user
    if not has_password:
        note_failure(work, user, Reason.NO_PASSWORD)
        return
    if after is None:
        note_failure(work, user, Reason.LOCKED_OUT)
        return
    note_failure(work, user, Reason.WRONG_PASSWORD)
    if after.locked_out_until is not None:
        data = {"reason": REASON, "until": after.locked_out_until.isoformat(), "lockouts": after.lockouts}
        personal = {"email": user.email, "name": user.name}
        locked = UserLocked(target_id=user.id, data=data, personal=personal)
        work.record(locked, by=system_actor("lockout"))


def note_failure(work: Work, user: User, reason: Reason) -> None:
    """Tells the audit log why somebody could not sign in: refused by a state, or failed to prove who they are."""
    work.require(permissions.SIGN_IN)
    proved_nothing = reason in (Reason.WRONG_PASSWORD, Reason.NO_PASSWORD)
    outcome = Outcome.FAILURE if proved_nothing else Outcome.DENIED
    work.record(
        SignInFailed(
            outcome=outcome, target_id=user.id, data={"reason": reason.value}, personal={"email": user.email}
        )
    )


async def start_attempt(
    work: Work, candidate: Candidate, typed: Credentials, visitor: Visitor, step: Step, method: str
) -> Progress:
    """Keeps a sign-in whose password was right until its next step; what the browser holds of it is a token."""
    work.require(permissions.SIGN_IN)
    token = new_token()
    expires_at = work.now + ATTEMPT_LASTS
    await work.db.run(
        """
        insert into sign_in_attempts (
            id, token_hash, user_id, epoch, remember, next_path, method, created_at, expires_at, proven_at, ip, user_agent)
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        """,
        (
            new_id(), token_hash(token), candidate.user.id, candidate.epoch, typed.remember, typed.next_path, method,
            work.now, expires_at, work.now, visitor.ip, visitor.user_agent,
        ),
    )  # fmt: skip
    return Progress(step=step, attempt_token=token, expires_at=expires_at, next_path=typed.next_path)


async def hold_attempt(work: Work, attempt: Attempt) -> User:
    """Locks the user of an attempt and gives them, if the attempt still goes on now that nobody else can move it.

    Raises AttemptEnded when it has ended, or the account has changed, since it was found.
    """
    work.require(permissions.SIGN_IN)
    try:
        user = await get_user_for_change(work, UserRef(attempt.user_id, None))
    except UserNotFound as error:
        raise AttemptEnded from error
    goes_on = await work.db.one(
        """
        select a.id
        from sign_in_attempts a
        join users u
            on u.id = a.user_id
            and u.credential_epoch = a.epoch
        where a.id = %s
          and a.ended_at is null
        """,
        (attempt.id,),
    )
    if goes_on is None:
        raise AttemptEnded
    return user


async def end_attempt(work: Work, attempt: Attempt) -> None:
    """Ends an attempt whose last step is done; of two presses at once one gets here. Raises AttemptEnded."""
    work.require(permissions.SIGN_IN)
    ended = await work.db.run(
        """
        update sign_in_attempts
        set ended_at = %s
        where id = %s
          and ended_at is null
        """,
        (work.now, attempt.id),
    )
    if not ended:
        raise AttemptEnded


async def keep_attempt(work: Work, attempt: Attempt) -> None:
    """Lets an attempt go on after a change of the account that it made itself, such as a new password."""
    work.require(permissions.SIGN_IN)
    await work.db.run(
        """
        update sign_in_attempts a
        set epoch = u.credential_epoch
        from users u
        where a.id = %s
          and u.id = a.user_id
        """,
        (attempt.id,),
    )
