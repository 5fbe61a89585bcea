"""People who do not exist are still people by our rules."""

import random
import subprocess
import sys
from datetime import UTC, datetime, timedelta

from tenantry.app.people import Crowd, as_stored, id_at
from tenantry.domain.users.rules import clean_new_user
from tenantry.kernel.problems import Problems

NOT_FOR_SERVERS = ("alembic", "faker", "jinja2", "pygments", "rich.console", "sqlalchemy")


def test_everybody_passes_the_rules_and_nobody_comes_twice() -> None:
    problems = Problems()
    made = Crowd(random.Random(1))
    people = [clean_new_user(made.next(), None, problems) for _ in range(3000)]
    problems.raise_if_any()
    for names in ("email_key", "phone", "username_key"):
        keys = [getattr(person, names) for person in people if getattr(person, names) is not None]
        assert len(keys) > 300
        assert len(set(keys)) == len(keys)


def test_people_are_stored_as_the_rules_would_store_them() -> None:
    problems = Problems()
    for crowd in (Crowd(random.Random(1)), Crowd(random.Random(2), "a1b2c3", first_phone=7_000_000)):
        for _ in range(3000):
            new = crowd.next()
            assert as_stored(new) == clean_new_user(new, None, problems)
    problems.raise_if_any()


def test_a_later_crowd_does_not_meet_an_earlier_one() -> None:
    problems = Problems()
    earlier, later = Crowd(random.Random(1), "a1"), Crowd(random.Random(1), "b2", first_phone=500)
    people = [clean_new_user(crowd.next(), None, problems) for crowd in (earlier, later) for _ in range(500)]
    phones = [person.phone for person in people if person.phone]
    assert len({person.email_key for person in people}) == 1000
    assert len(set(phones)) == len(phones)


def test_ids_are_in_the_order_of_their_moments() -> None:
    moment, chance = datetime(2026, 1, 1, tzinfo=UTC), random.Random(1)
    ids = [id_at(moment + timedelta(milliseconds=number), chance) for number in range(100)]
    assert ids == sorted(ids)
    assert {(made.version, made.variant) for made in ids} == {(7, "specified in RFC 4122")}


def test_a_server_loads_nothing_that_only_other_commands_need() -> None:
    program = "\n".join(
        (
            "import sys",
            "from tenantry.app.starting import lighten_imports",
            "lighten_imports()",
            "import tenantry.app.cli, tenantry.app.cli_serve, tenantry.app.storage, tenantry.app.serve",
            f"print([name for name in {NOT_FOR_SERVERS} if name in sys.modules])",
        )
    )
    loaded = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout
    assert loaded == "[]\n"
