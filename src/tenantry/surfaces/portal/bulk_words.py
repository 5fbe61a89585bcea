"""What can be done with many people at once, in words."""

from datetime import datetime

import msgspec

from tenantry.domain.bulk_jobs.model import Action, BulkJob
from tenantry.domain.bulk_jobs.rules import NEEDED
from tenantry.domain.directory.choices import Choices
from tenantry.kernel.permissions import Actor


class Words(msgspec.Struct, frozen=True):
    """How an action is called: on a button, and in "Suspended 3 people". `effect` says what it comes to."""

    label: str
    done: str
    effect: str


WORDS: dict[Action, Words] = {
    Action.SUSPEND: Words(
        "Suspend", "Suspended", "They can't sign in any more, and every session of theirs ends at once."
    ),
    Action.ENABLE: Words("Reactivate", "Reactivated", "Those who are suspended may sign in again."),
    Action.ADD_ROLE: Words("Add a role", "Gave a role to", "They get what the role permits at once."),
    Action.REMOVE_ROLE: Words(
        "Remove a role", "Took a role from", "They lose the role, unless a group of theirs gives it as well."
    ),
    Action.ADD_GROUP: Words("Add to a group", "Added to a group", "They get the roles of the group too."),
    Action.REMOVE_GROUP: Words(
        "Remove from a group", "Removed from a group", "They lose the roles of the group too."
    ),
    Action.MARK_VERIFIED: Words(
        "Mark the email address verified",
        "Marked verified",
        "Do this only where somebody has made sure that the addresses are theirs.",
    ),
    Action.RESEND: Words(
        "Resend what is pending",
        "Resent",
        "Whoever is to choose a first or a new password, or to verify an address or number, gets the mail or text message once"
        " more; what was sent before works no longer.",
    ),
    Action.REVOKE_SESSIONS: Words(
        "End all sessions", "Ended the sessions of", "They are signed out everywhere and may sign in again."
    ),
    Action.DELETE: Words(
        "Delete", "Deleted", "They can be restored until the time that the settings say is over."
    ),
    Action.RESTORE: Words(
        "Restore", "Restored", "Deleted people come back with their roles, groups and password."
    ),
}


def offered(actor: Actor) -> list[tuple[str, str]]:
    """The actions that somebody may ask for, with their labels."""
    return [(action.value, words.label) for action, words in WORDS.items() if actor.may(NEEDED[action])]


def what_of(job: BulkJob, choices: Choices) -> str:
    """What a job does, with the role or group that it gives or takes."""
    return words_for(job.action, choices, job.params.role, job.params.group).label


def words_for(action: Action, choices: Choices, role: str | None = None, group: str | None = None) -> Words:
    """How an action is called that gives or takes the role or group with this slug.

    The slug stands for one that is gone, or that the reader may not see.
    """
    words = WORDS[action]
    kind, wanted, among = ("role", role, choices.roles) if role else ("group", group, choices.groups)
    if not wanted:
        return words
    name = next((choice.name for choice in among if choice.slug == wanted), wanted)
    return Words(
        words.label.replace(f"a {kind}", f"the {kind} {name}"),
        words.done.replace(f"a {kind}", f"the {kind} {name}"),
        words.effect.replace(f"the {kind}", f"the {kind} {name}", 1),
    )


def seconds_of(job: BulkJob, now: datetime) -> int | None:
    """For how long a job has been running or ran."""
    if job.started_at is None:
        return None
    return int(((job.finished_at or now) - job.started_at).total_seconds())
