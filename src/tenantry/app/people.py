"""People who do not exist: names, addresses, numbers and states as a real directory has them, for demonstrations and load.

Names come from the lists of the library `faker`, in several languages. Every address is at a domain that is reserved for
documentation (RFC 2606), and every phone number has the exchange 555, which North America keeps from ordinary subscribers.
"""

import random
import unicodedata
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from faker.providers.person.da_DK import Provider as Danish
from faker.providers.person.de_DE import Provider as German
from faker.providers.person.en_GB import Provider as British
from faker.providers.person.en_US import Provider as American
from faker.providers.person.es_ES import Provider as Spanish
from faker.providers.person.fr_FR import Provider as French
from faker.providers.person.it_IT import Provider as Italian
from faker.providers.person.nl_NL import Provider as Dutch
from faker.providers.person.pt_BR import Provider as Brazilian
from faker.providers.person.sv_SE import Provider as Swedish

from tenantry.domain.users.model import CleanUser, NewUser

DOMAINS = ("example.com", "example.com", "example.com", "example.org", "example.net")
DEPARTMENTS = ("Engineering", "Sales", "Support", "Finance", "People", "Marketing", "Operations", "Legal")
PLANS = ("free", "free", "team", "business")


class Region(msgspec.Struct, frozen=True):
    """Where somebody lives: the names used there, the language tag and the time zone."""

    names: Any
    locale: str
    zone: str


REGIONS = (
    Region(American, "en-US", "America/New_York"),
    Region(American, "en-US", "America/Chicago"),
    Region(American, "en-US", "America/Los_Angeles"),
    Region(British, "en-GB", "Europe/London"),
    Region(German, "de-DE", "Europe/Berlin"),
    Region(French, "fr-FR", "Europe/Paris"),
    Region(Spanish, "es-ES", "Europe/Madrid"),
    Region(Italian, "it-IT", "Europe/Rome"),
    Region(Dutch, "nl-NL", "Europe/Amsterdam"),
    Region(Swedish, "sv-SE", "Europe/Stockholm"),
    Region(Danish, "da-DK", "Europe/Copenhagen"),
    Region(Brazilian, "pt-BR", "America/Sao_Paulo"),
)
# One in so many has a phone number, a username, custom data.
PHONE_EVERY, USERNAME_EVERY, DATA_EVERY = 5, 6, 3


class Crowd:
    """Makes people without end.

    Two crowds in one tenant do not collide when they differ in `mark`, which goes into every address, and the later one begins
    its phone numbers at `first_phone`, behind those of the earlier.
    """

    def __init__(self, chance: random.Random, mark: str = "", first_phone: int = 0) -> None:
        self._chance = chance
        self._first_phone = first_phone
        self._mark = mark
        self._made = 0
        self._names = [(_spelled(r.names.first_names), _spelled(r.names.last_names)) for r in REGIONS]
        self._taken: set[str] = set()

    def next(self) -> NewUser:
        """The next person, as a caller of the API would send them."""
        chance, number = self._chance, self._made
        self._made += 1
        place = chance.randrange(len(REGIONS))
        region = REGIONS[place]
        (given, plain_given), (family, plain_family) = map(chance.choice, self._names[place])
        local = self._local_part(f"{plain_given}.{plain_family}", number)
        new = NewUser(
            email=f"{local}@{chance.choice(DOMAINS)}",
            given_name=given,
            family_name=family,
            locale=region.locale,
            zoneinfo=region.zone,
        )
        if number % PHONE_EVERY == 0:
            new.phone = _phone(self._first_phone + number // PHONE_EVERY)
        if number % USERNAME_EVERY == 0:
            new.username = local
        if number % DATA_EVERY == 0:
            new.custom_data = {"department": chance.choice(DEPARTMENTS), "plan": chance.choice(PLANS)}
        return new

    def _local_part(self, name: str, number: int) -> str:
        if self._mark:
            return f"{name}.{self._mark}{number:x}"
        while name in self._taken:
            name = f"{name}{number}"
        self._taken.add(name)
        return name


def as_stored(new: NewUser) -> CleanUser:
    """Exactly what `clean_new_user` makes of somebody from a crowd, in a fraction of the time: nothing is left to correct.

    The rules are for what strangers send. A test compares the two for thousands of people.
    """
    return CleanUser(
        email=new.email,
        email_key=new.email,
        phone=new.phone,
        username=new.username,
        username_key=new.username,
        name=f"{new.given_name} {new.family_name}",
        given_name=new.given_name,
        family_name=new.family_name,
        picture=None,
        locale=new.locale,
        zoneinfo=new.zoneinfo,
        profile={},
        custom_data=new.custom_data or {},
    )


def _phone(number: int) -> str:
    # Area codes begin with 2 to 9: eight hundred of them, with ten thousand lines each.
    area, line = divmod(number % 8_000_000, 10_000)
    return f"+1{200 + area}555{line:04d}"


def id_at(moment: datetime, chance: random.Random) -> UUID:
    """A UUIDv7 (RFC 9562 section 5.7) as it would have been made at `moment`."""
    milliseconds = int(moment.timestamp() * 1000)
    bits = chance.getrandbits(74)
    return UUID(int=milliseconds << 80 | 7 << 76 | (bits >> 62) << 64 | 2 << 62 | (bits & (1 << 62) - 1))


def some_time_before(moment: datetime, most: timedelta, chance: random.Random) -> datetime:
    """A moment at most so long before another; most of them are near it."""
    return moment - most * chance.random() ** 3


def _spelled(names: Iterable[str]) -> list[tuple[str, str]]:
    """Each name as it is written, and as it stands in an address."""
    return [(name, _plain(name)) for name in names]


def _plain(name: str) -> str:
    """A name as it stands in an address: ASCII letters in lower case."""
    decomposed = unicodedata.normalize("NFKD", name.replace("ß", "ss").replace("ø", "o").replace("Ø", "O"))
    return "".join(sign for sign in decomposed.lower() if sign.isascii() and sign.isalpha()) or "x"
