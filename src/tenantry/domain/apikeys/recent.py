"""Which keys were good less than a second ago, and what they opened."""

from datetime import datetime, timedelta

from tenantry.domain.apikeys.opening import Found, OpenByKey
from tenantry.kernel.work import Opening

GOOD_FOR, NOTHING = timedelta(seconds=1), timedelta(0)
MOST = 1_000


class RecentKeys:
    """Of one process. Nothing is allowed by what it knows: it is for making something ready on which a unit of work then decides,
    with what is stored by then."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, bytes | None], tuple[datetime, Found]] = {}

    def keep(self, opener: OpenByKey, now: datetime) -> None:
        """Keeps what the opener has just found."""
        if opener.found is None:
            return
        if len(self._kept) >= MOST and opener.asked not in self._kept:
            self._kept.clear()
        self._kept[opener.asked] = (now, opener.found)

    def opening(self, opener: OpenByKey, now: datetime) -> Opening | None:
        """What the opener would open, if nothing has changed since; None when it was not opened lately."""
        at, found = self._kept.get(opener.asked, (now, None))
        # A clock that was set back must not make it good for longer.
        if found is None or not NOTHING <= now - at < GOOD_FOR:
            return None
        return opener.opening(found)

    def forget(self, opener: OpenByKey) -> None:
        """What it opened has turned out to be otherwise by now."""
        self._kept.pop(opener.asked, None)
