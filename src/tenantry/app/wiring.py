"""Makes, from the settings, the one of each that a running server hands to its doors and its jobs."""

from pathlib import Path

from tenantry.app.reactions import reactions
from tenantry.app.storage import conninfo_of, sealer_of
from tenantry.domain.apikeys.last_used import LastUsed
from tenantry.domain.credentials.breached import BreachedList, NotABreachFile, breached_lists
from tenantry.domain.credentials.checks import PasswordDesk
from tenantry.domain.credentials.hashing import HashCost, PasswordHasher
from tenantry.domain.login.desk import SignInDesk
from tenantry.domain.sessions.last_seen import LastSeen
from tenantry.kernel.clock import SystemClock
from tenantry.kernel.config import ConfigError, Settings
from tenantry.kernel.crypto import Sealer
from tenantry.kernel.db import APP_ROLE, SYSTEM_ROLE, make_database
from tenantry.kernel.work import Works
from tenantry.surfaces.kit.limits import Limits
from tenantry.surfaces.kit.services import Services


def make_works(settings: Settings, owner: str, sealer: Sealer) -> Works:
    """Units of work on the database that the owner reaches by `owner`, as the two login roles; its pools are not open yet."""
    app, system = (conninfo_of(role, owner, sealer) for role in (APP_ROLE, SYSTEM_ROLE))
    return Works(make_database(app, system, settings.db_pool), SystemClock(), reactions)


def make_hasher(settings: Settings) -> PasswordHasher:
    """The bounded pool of hashing threads."""
    cost = HashCost(settings.hash_memory_kib, settings.hash_time_cost, settings.hash_lanes)
    return PasswordHasher(cost, settings.threads, settings.hash_queue)


def make_services(settings: Settings, owner: str) -> Services:
    """All services of one server process."""
    sealer = sealer_of(settings)
    works = make_works(settings, owner, sealer)
    hasher = make_hasher(settings)
    desk = PasswordDesk(hasher, _breached(settings))
    return Services(
        settings,
        works.clock,
        works,
        sealer,
        hasher,
        desk,
        Limits(),
        LastUsed(works.database.system, works.clock),
        LastSeen(works.database.system, works.clock),
        SignInDesk(works, hasher, desk, sealer),
    )


def _breached(settings: Settings) -> BreachedList:
    try:
        return breached_lists(Path(settings.breached_passwords) if settings.breached_passwords else None)
    except (OSError, NotABreachFile) as error:
        raise ConfigError(f"TENANTRY_BREACHED_PASSWORDS: {error}") from error
