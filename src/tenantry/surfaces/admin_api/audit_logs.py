"""The audit log: list, get, actions, counts, retention, export."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, post, put

from tenantry.domain.audit.actions import change_retention, get_retention, note_export
from tenantry.domain.audit.model import ActionCount, Category, ExportFormat, Range
from tenantry.domain.audit.queries import (
    NEWEST_FIRST,
    count_actions,
    get_entry,
    list_actions,
    list_entries,
    parse_entry_id,
    stream_entries,
)
from tenantry.domain.audit.rules import category_of
from tenantry.domain.tenants.model import Audit
from tenantry.kernel.criteria import AllOf, Compare, Criteria, Node, Op
from tenantry.kernel.events import Outcome
from tenantry.kernel.work import ReadWork, Work
from tenantry.surfaces.kit import limits
from tenantry.surfaces.kit.audit_entries import AuditEntry, entry_view, exported
from tenantry.surfaces.kit.contract import promises
from tenantry.surfaces.kit.moments import parsed_range
from tenantry.surfaces.kit.paging import Paging, listed, pagination, parsed_page
from tenantry.surfaces.kit.streaming import Streamed
from tenantry.surfaces.kit.wire import Moment, decode_change, decode_query
from tenantry.surfaces.kit.works import Answer, AnyRequest, read, stream, write, writing

TAG = "Audit logs"
READERS = ("admin:read", "admin:write", "admin:audit")
EXPORTERS = ("admin:write", "admin:audit")
MEDIA_TYPES = {ExportFormat.CSV: "text/csv; charset=utf-8", ExportFormat.JSON: "application/json"}


class AuditQuery(Paging, kw_only=True, rename="camel"):
    """The parameters of the list. `action` is a name or a beginning followed by `*`; a date as `endDate` takes that day in."""

    action: str | None = None
    category: Category | None = None
    actor_id: UUID | None = None
    target_id: UUID | None = None
    outcome: Outcome | None = None
    ip: str | None = None
    start_date: str | None = None
    end_date: str | None = None


class StatsQuery(msgspec.Struct, kw_only=True, rename="camel"):
    """The range to count in: the last 30 days unless said otherwise, at most 366 days."""

    start_date: str | None = None
    end_date: str | None = None


class ExportQuery(msgspec.Struct, kw_only=True, rename={"start": "from", "end": "to"}):
    """What to export: everything until now, unless `from` and `to` say otherwise."""

    format: ExportFormat = ExportFormat.CSV
    start: str | None = None
    end: str | None = None


class ActionName(msgspec.Struct, frozen=True):
    """An action that the log holds."""

    action: str
    category: Category


class AuditStats(
    msgspec.Struct, frozen=True, rename={"start": "from", "end": "to", "by_category": "byCategory"}
):
    """Counts of a range. A count is exact up to 10,000; `countIsExact` says when there are more."""

    start: Moment
    end: Moment
    actions: list[ActionCount]
    by_category: dict[Category, int]


class RetentionView(msgspec.Struct, frozen=True, rename="camel"):
    """For how many days the log is kept; with `autoDelete` off it is kept for ever."""

    retention_days: int
    auto_delete: bool


# For the document alone; the domain refuses what lies outside, with a message of its own.
DAYS = msgspec.Meta(extra_json_schema={"minimum": 1, "maximum": 3650})


class RetentionChange(msgspec.Struct, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Send only what changes; null goes back to the default."""

    retention_days: Annotated[int | None, DAYS] | msgspec.UnsetType = msgspec.UNSET
    auto_delete: bool | None | msgspec.UnsetType = msgspec.UNSET


@get(
    "/audit-logs",
    **promises(
        summary="List the audit log",
        tag=TAG,
        description="Newest first, and in no other order. `cursor` costs the same at any depth. `total` is exact up to 10,000.",
        query=AuditQuery,
        answer=AuditEntry,
        listed=True,
        scopes=READERS,
    ),
)
async def list_audit_logs(request: AnyRequest) -> Response[bytes]:
    async def run(work: ReadWork) -> Answer:
        query = decode_query(request.scope["query_string"], AuditQuery)
        found = await list_entries(work, _criteria(query))
        block = pagination(
            query, total=found.total, next_cursor=found.next_cursor, exact=found.total_is_exact
        )
        return Answer(listed([entry_view(entry) for entry in found.entries], block))

    return await read(request, run)


def _criteria(query: AuditQuery) -> Criteria:
    parts: list[Node] = [
        Compare(field, Op.EQ, value)
        for field, value in (
            ("action", query.action),
            ("category", query.category),
            ("actorId", query.actor_id),
            ("targetId", query.target_id),
            ("outcome", query.outcome),
            ("ip", query.ip),
        )
        if value is not None
    ]
    span = parsed_range(query.start_date, query.end_date, ("startDate", "endDate"))
    if span.start is not None:
        parts.append(Compare("timestamp", Op.GE, span.start))
    if span.end is not None:
        parts.append(Compare("timestamp", Op.LT, span.end))
    return Criteria(AllOf(tuple(parts)), NEWEST_FIRST, parsed_page(query))


@get(
    "/audit-logs/actions",
    **promises(
        summary="List the actions that the audit log holds", tag=TAG, answer=list[ActionName], scopes=READERS
    ),
)
async def list_audit_actions(request: AnyRequest) -> Response[bytes]:
    async def run(work: ReadWork) -> Answer:
        names = await list_actions(work)
        return Answer({"data": [ActionName(name, category_of(name)) for name in names]})

    return await read(request, run)


@get(
    "/audit-logs/stats",
    **promises(
        summary="Count the actions of a range of time",
        tag=TAG,
        description="The last 30 days unless the range says otherwise; at most 366 days.",
        query=StatsQuery,
        answer=AuditStats,
        scopes=READERS,
    ),
)
async def get_audit_stats(request: AnyRequest) -> Response[bytes]:
    async def run(work: ReadWork) -> Answer:
        query = decode_query(request.scope["query_string"], StatsQuery)
        stats = await count_actions(
            work, parsed_range(query.start_date, query.end_date, ("startDate", "endDate"))
        )
        by_category = dict.fromkeys(Category, 0)
        for counted in stats.actions:
            by_category[counted.category] += counted.count
        return Answer({"data": AuditStats(stats.start, stats.end, stats.actions, by_category)})

    return await read(request, run)


@get(
    "/audit-logs/retention",
    **promises(summary="Get how long the audit log is kept", tag=TAG, answer=RetentionView, scopes=READERS),
)
async def get_audit_retention(request: AnyRequest) -> Response[bytes]:
    async def run(work: ReadWork) -> Answer:
        return Answer({"data": _retention(get_retention(work))})

    return await read(request, run)


@put(
    "/audit-logs/retention",
    **promises(
        summary="Change how long the audit log is kept",
        name="updateAuditRetention",
        tag=TAG,
        description=(
            "Only what is sent changes; null goes back to the default. With `autoDelete` on, entries older than `retentionDays`"
            " (1 to 3650) are deleted in the background."
        ),
        body=RetentionChange,
        answer=RetentionView,
        scopes=("admin:write",),
        errors=(422,),
        body_example={"retentionDays": 365, "autoDelete": True},
    ),
)
async def put_audit_retention(request: AnyRequest) -> Response[bytes]:
    raw = await request.body()

    async def run(work: Work) -> Answer:
        changes: dict[str, Any] = msgspec.to_builtins(decode_change(raw, RetentionChange))
        return Answer(
            {"data": _retention(await change_retention(work, changes)), "message": "Retention updated"}
        )

    return await write(request, run)


def _retention(kept: Audit) -> RetentionView:
    return RetentionView(kept.retention_days, kept.auto_delete)


def _export_promises(name: str, description: str) -> dict[str, Any]:
    return promises(
        summary="Export the audit log",
        name=name,
        tag=TAG,
        description=description,
        query=ExportQuery,
        scopes=EXPORTERS,
        files=(
            ("text/csv", "One line for each entry, below a line with the names of the columns."),
            ("application/json", "An array of entries."),
        ),
    )


@get(
    "/audit-logs/export",
    **_export_promises(
        "exportAuditLogs",
        "Streams every entry of the range, newest first, without a limit of rows. The export is recorded in the log itself."
        " At most 10 exports an hour for each key.",
    ),
)
async def get_audit_export(request: AnyRequest) -> Streamed:
    return await _export(request)


@post(
    "/audit-logs/export",
    **_export_promises(
        "exportAuditLogsOnce",
        "The same as GET, for callers who want to try again safely: a request that is repeated with its `Idempotency-Key` streams"
        " the same range once more, up to the same end, and is not recorded a second time. It counts as an export of the hour.",
    ),
)
async def post_audit_export(request: AnyRequest) -> Streamed:
    return await _export(request)


class _Noted(msgspec.Struct):
    """What an export was recorded with: what a repeated request streams again."""

    format: ExportFormat
    start: Moment | None
    end: Moment


async def _export(request: AnyRequest) -> Streamed:
    async def note(work: Work) -> Answer:
        query = decode_query(request.scope["query_string"], ExportQuery)
        span = parsed_range(query.start, query.end, ("from", "to"))
        # Without an end the export stops before this moment, so that it never holds its own entry.
        noted = _Noted(query.format, span.start, span.end or work.now)
        note_export(work, noted.format, Range(noted.start, noted.end))
        return Answer(noted)

    # The answer that is kept for an Idempotency-Key says what to stream; the stream itself is made each time.
    written = await writing(request, note, limits.Category.AUDIT_EXPORT)
    noted = msgspec.json.decode(written.body, type=_Noted)

    async def run(work: ReadWork) -> AsyncGenerator[bytes, None]:
        async with (
            aclosing(stream_entries(work, Range(noted.start, noted.end))) as entries,
            aclosing(exported(entries, noted.format)) as chunks,
        ):
            async for chunk in chunks:
                yield chunk

    headers = {
        "content-type": MEDIA_TYPES[noted.format],
        "content-disposition": f'attachment; filename="audit-log.{noted.format.value}"',
        **written.headers,
    }
    return await stream(request, run, headers)


@get(
    "/audit-logs/{entry_id:str}",
    **promises(
        summary="Get an entry of the audit log", tag=TAG, answer=AuditEntry, scopes=READERS, errors=(404,)
    ),
)
async def get_audit_log(request: AnyRequest) -> Response[bytes]:
    async def run(work: ReadWork) -> Answer:
        entry = await get_entry(work, parse_entry_id(request.path_params["entry_id"]))
        return Answer({"data": entry_view(entry)})

    return await read(request, run)


ROUTES = [
    list_audit_logs,
    list_audit_actions,
    get_audit_stats,
    get_audit_retention,
    put_audit_retention,
    get_audit_export,
    post_audit_export,
    get_audit_log,
]
