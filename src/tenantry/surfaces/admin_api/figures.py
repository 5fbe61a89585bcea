"""The figures of the tenant: people by state, what happened by the day, what was done last."""

import datetime
from typing import Annotated

import msgspec
from litestar import Response, get

from tenantry.domain.figures.model import MOST_DAYS, Count, Day, Figures, People, Precision
from tenantry.domain.figures.queries import get_figures
from tenantry.kernel.work import ReadWork
from tenantry.surfaces.kit.audit_entries import AuditEntry, entry_view
from tenantry.surfaces.kit.contract import promises
from tenantry.surfaces.kit.wire import Moment, decode_query
from tenantry.surfaces.kit.works import Answer, AnyRequest, read

READERS = ("admin:read", "admin:write", "admin:users", "admin:audit")
# For the document alone; the domain refuses what lies outside, with a message of its own.
DAYS = msgspec.Meta(extra_json_schema={"minimum": 1, "maximum": MOST_DAYS})


class FiguresQuery(msgspec.Struct, kw_only=True):
    """How many days to show, today included: 1 to 366."""

    days: Annotated[int, DAYS] = 30


class CountView(msgspec.Struct, frozen=True, rename="camel"):
    """How many there are. A `recent` count was exact at `countedAt`; `at_least` and `at_most` are bounds."""

    count: int
    precision: Precision
    counted_at: Moment | None


class PeopleView(msgspec.Struct, frozen=True):
    """How many people there are, deleted ones aside, and how many in each state; somebody may be in several."""

    total: int
    states: dict[str, CountView]


class DayView(msgspec.Struct, frozen=True, rename="camel"):
    """What happened on one day (UTC)."""

    day: datetime.date
    sign_ups: int
    sign_ins: int
    failed_sign_ins: int
    invitations: int
    acceptances: int
    deletions: int


class FiguresView(msgspec.Struct, frozen=True, rename="camel"):
    """The figures. What the key may not see is null; `days` are counted up to `asOf`."""

    people: PeopleView | None
    pending_invitations: CountView | None
    days: list[DayView] | None
    as_of: Moment | None
    recent_actions: list[AuditEntry] | None


@get(
    "/figures",
    **promises(
        summary="Figures of the tenant",
        name="getFigures",
        tag="Figures",
        description=(
            "`people`, `pendingInvitations` and `days` need the right to see users, `recentActions` that to read the audit log;"
            " what the key may not see is null. `days` are the last days in UTC, the oldest first, and up to `asOf`. A state with"
            " many people is counted every ten minutes: its count is then `recent`."
        ),
        query=FiguresQuery,
        answer=FiguresView,
        scopes=READERS,
        errors=(400,),
    ),
)
async def show_figures(request: AnyRequest) -> Response[bytes]:
    async def run(work: ReadWork) -> Answer:
        query = decode_query(request.scope["query_string"], FiguresQuery)
        return Answer({"data": _view(await get_figures(work, query.days))})

    return await read(request, run)


def _view(found: Figures) -> FiguresView:
    return FiguresView(
        None if found.people is None else _people(found.people),
        None if found.pending_invitations is None else _count(found.pending_invitations),
        None if found.days is None else [_day(day) for day in found.days],
        found.as_of,
        None if found.recent_actions is None else [entry_view(entry) for entry in found.recent_actions],
    )


def _people(found: People) -> PeopleView:
    return PeopleView(found.total, {state: _count(count) for state, count in found.states.items()})


def _count(found: Count) -> CountView:
    return CountView(found.number, found.precision, found.counted_at)


def _day(found: Day) -> DayView:
    return DayView(**msgspec.structs.asdict(found))


ROUTES = [show_figures]
