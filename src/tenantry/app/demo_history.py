"""Some weeks in the life of the demo tenant, so that its dashboard has something to show. Everything in it is made up.

People are created by the actions of the API, under a clock that is put back; who signed in, and who could not, is made up as a
whole. All network addresses are reserved for documentation (RFC 5737).
"""

import random
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from uuid import UUID

from tenantry.domain.directory.model import Person
from tenantry.domain.directory.queries import NEWEST_FIRST, list_people
from tenantry.domain.login.events import SignInFailed, UserSignedIn
from tenantry.domain.provisioning.past import PastEvent, PastSignIns, load_events, load_sign_ins
from tenantry.kernel.criteria import EVERYTHING, Criteria, Page
from tenantry.kernel.events import Event, Outcome
from tenantry.kernel.ids import new_id
from tenantry.kernel.permissions import Actor, ActorKind
from tenantry.kernel.work import Work

SPAN = timedelta(weeks=6)
ENOUGH = 1000
BROWSERS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15",
    "Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0",
)
NETWORKS = ("192.0.2", "198.51.100")
ATTACKER = "203.0.113.66"
# On a day of the week so many of a hundred people sign in, Monday first.
BUSY = (38, 34, 33, 31, 27, 7, 5)
AT_ONCE = 85
# One sign-in in so many follows a password that was mistyped.
MISTYPED_EVERY = 14
ATTACKED_BEFORE, ATTEMPTS = timedelta(days=9), 46
DAY_BEGINS, DAY_LASTS = 7, 11


def moments(now: datetime, count: int, chance: random.Random) -> list[datetime]:
    """When so many people were created, the earliest first: more on weekdays and each week. Those of a day came together."""
    days = [now - SPAN + timedelta(days=number) for number in range(1, SPAN.days)]
    weights = [BUSY[day.weekday()] * (1 + number / len(days)) for number, day in enumerate(days)]
    hours = {day: _working_hour(day, chance) for day in days}
    return [hours[day] for day in sorted(chance.choices(days, weights, k=count))]


async def remember_sign_ins(work: Work, chance: random.Random) -> bool:
    """Gives people a past of sign-ins, and says so. Where somebody has signed in already, nothing is written."""
    people = (await list_people(work, Criteria(EVERYTHING, NEWEST_FIRST, Page(ENOUGH)))).people
    if any(person.login_count for person in people):
        return False
    able = [person for person in people if person.has_password and person.user.email_verified]
    past: list[PastEvent] = []
    activity: dict[UUID, PastSignIns] = {}
    for person, at in _visits(work.now, able, chance):
        stranger = _stranger(person, chance)
        if chance.randrange(MISTYPED_EVERY) == 0:
            past.append(PastEvent(at - timedelta(seconds=20), _mistyped(person), stranger))
        past.append(PastEvent(at, _signed_in(person), _known(person, stranger)))
        before = activity.get(person.user.id)
        activity[person.user.id] = PastSignIns(
            person.user.id,
            at if before is None else max(at, before.last_at),
            1 if before is None else before.times + 1,
        )
    past += _attack(work.now, chance)
    await load_events(work, past)
    await load_sign_ins(work, list(activity.values()))
    return True


def _visits(now: datetime, people: Sequence[Person], chance: random.Random) -> list[tuple[Person, datetime]]:
    """Nearly everybody signs in soon after they were created, and then now and again."""
    found = []
    for person in people:
        at = person.user.created_at + timedelta(minutes=chance.randrange(5, 240))
        if at < now and chance.randrange(100) < AT_ONCE:
            found.append((person, at))
    for number in range(SPAN.days):
        day = now - SPAN + timedelta(days=number + 1)
        for person in people:
            at = _working_hour(day, chance)
            if chance.randrange(100) < BUSY[day.weekday()] and person.user.created_at < at < now:
                found.append((person, at))
    return found


def _working_hour(day: datetime, chance: random.Random) -> datetime:
    begins = datetime.combine(day.date(), time(DAY_BEGINS), day.tzinfo)
    return begins + timedelta(seconds=chance.randrange(DAY_LASTS * 3600))


def _attack(now: datetime, chance: random.Random) -> list[PastEvent]:
    """Somebody tries addresses of people who are not here, for half an hour."""
    start = now - ATTACKED_BEFORE
    who = Actor(ActorKind.ANONYMOUS, None, "", frozenset(), ATTACKER, "python-requests/2.32")
    event = SignInFailed(outcome=Outcome.FAILURE, data={"reason": "unknown_user"})
    return [PastEvent(start + timedelta(seconds=chance.randrange(1800)), event, who) for _ in range(ATTEMPTS)]


def _stranger(person: Person, chance: random.Random) -> Actor:
    """Somebody who has not signed in yet. Each person has one browser, and is mostly in the same place."""
    number = person.user.id.int
    ip = f"{NETWORKS[number % 2]}.{1 + (number >> 8) % 250}"
    if chance.randrange(8) == 0:
        ip = f"{NETWORKS[0]}.{1 + chance.randrange(250)}"
    return Actor(ActorKind.ANONYMOUS, None, "", frozenset(), ip, BROWSERS[number % len(BROWSERS)])


def _known(person: Person, stranger: Actor) -> Actor:
    label = person.user.email or ""
    return Actor(ActorKind.USER, person.user.id, label, frozenset(), stranger.ip, stranger.user_agent)


def _signed_in(person: Person) -> Event:
    data = {"method": "password", "amr": ["pwd"], "sessionId": str(new_id()), "remember": False}
    return UserSignedIn(target_id=person.user.id, data=data, personal={"email": person.user.email})


def _mistyped(person: Person) -> Event:
    return SignInFailed(
        outcome=Outcome.FAILURE,
        target_id=person.user.id,
        data={"reason": "wrong_password"},
        personal={"email": person.user.email},
    )
