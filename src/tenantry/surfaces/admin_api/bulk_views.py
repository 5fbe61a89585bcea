"""Bulk jobs as the admin API takes and shows them."""

from typing import Annotated, Any
from uuid import UUID

import msgspec

from tenantry.domain.bulk_jobs.model import (
    MOST_IDS,
    Action,
    BulkJob,
    BulkParams,
    BulkRequest,
    BulkResult,
    JobState,
    Preview,
    ResultOutcome,
    StopReason,
)
from tenantry.domain.bulk_jobs.rules import WORDS
from tenantry.kernel.criteria import Node
from tenantry.surfaces.kit.user_query import people_filter
from tenantry.surfaces.kit.wire import Moment


def _says(text: str, **schema: Any) -> msgspec.Meta:
    return msgspec.Meta(description=text, extra_json_schema=schema or None)


class ParamsBody(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """`suspend` takes `reason` and `until`, `enable` takes `reason`, `delete` takes `reason` and `permanent`, and the actions on
    roles and groups need `role` or `group`."""

    reason: str | None = None
    until: Moment | None = None
    role: Annotated[str | None, _says("The slug or id of a role.")] = None
    group: Annotated[str | None, _says("The slug or id of a group.")] = None
    permanent: Annotated[bool, _says("Delete for good, whatever the tenant's settings say.")] = False


class BulkBody(msgspec.Struct, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """An action, and either a `filter` or `ids`."""

    action: Action
    params: ParamsBody = msgspec.field(default_factory=ParamsBody)
    filter: Annotated[
        dict[str, str | bool] | None,
        _says("The parameters of `GET /users` that say whom to find; `{}` is everybody."),
    ] = None
    ids: Annotated[
        list[UUID] | None, _says("The people themselves, each once.", minItems=1, maxItems=MOST_IDS)
    ] = None
    snapshot_at: Annotated[
        Moment | None,
        _says("Whoever was created after this moment is left alone: that of a preview, or now."),
    ] = None

    def request(self) -> BulkRequest:
        """What the domain is asked. Raises DomainError for a filter that the list of users would refuse."""
        where: Node | None = None
        search: str | None = None
        asked: dict[str, str] = {}
        if self.filter is not None:
            found = people_filter({name: _text(value) for name, value in self.filter.items()})
            where, search, asked = found.where, found.search, found.asked
        params = self.params
        return BulkRequest(
            action=self.action,
            params=BulkParams(
                reason=params.reason,
                until=params.until,
                role=params.role,
                group=params.group,
                permanent=params.permanent,
            ),
            where=where,
            search=search,
            asked=asked,
            ids=self.ids,
            snapshot_at=self.snapshot_at,
        )


class SamplePerson(msgspec.Struct, frozen=True):
    """Somebody whom the action would reach."""

    id: UUID
    name: str | None
    email: str | None


class PreviewView(msgspec.Struct, frozen=True, rename="camel"):
    """Whom the action would reach. `total` is exact up to 10,000. `unchanged` is how many of them are already as the action would
    have them, or null where that is not known without trying."""

    total: int
    total_is_exact: bool
    unchanged: int | None
    sample: list[SamplePerson]
    snapshot_at: Annotated[Moment, _says("Send it with the job, and nobody who comes later is reached.")]


class ParamsView(msgspec.Struct, frozen=True):
    """With what the action was asked for."""

    reason: str | None
    until: Moment | None
    role: str | None
    group: str | None
    permanent: bool


class Asker(msgspec.Struct, frozen=True):
    """Who asked: an API key or a user, by name or address as they are now; null for one who is gone."""

    kind: Annotated[str, msgspec.Meta(extra_json_schema={"enum": ["api_key", "user", "system"]})]
    id: UUID | None
    label: str | None


class BulkJobView(msgspec.Struct, frozen=True, rename="camel"):
    """A job and how far it has come. `total` is what was counted when it was asked for; `done`, `skipped` and `failed` add up to
    those who have been visited. `filter` is null for picked people, of whom there are `picked`. `reason` and `message` say why a
    job has stopped."""

    id: UUID
    action: Action
    params: ParamsView
    filter: dict[str, str] | None
    picked: int | None
    snapshot_at: Moment
    state: JobState
    reason: StopReason | None
    message: str | None
    total: int
    total_is_exact: bool
    done: int
    skipped: int
    failed: int
    started_by: Asker
    created_at: Moment
    started_at: Moment | None
    finished_at: Moment | None


class BulkResultView(msgspec.Struct, frozen=True, rename="camel"):
    """What became of one person. `code` and `message` say why somebody was skipped or refused."""

    user_id: UUID
    name: str | None
    email: str | None
    outcome: ResultOutcome
    code: str | None
    message: str | None
    at: Moment


def preview_view(preview: Preview) -> PreviewView:
    """What would happen."""
    return PreviewView(
        preview.total,
        preview.total_is_exact,
        preview.unchanged,
        [SamplePerson(one.user.id, one.user.name, one.user.email) for one in preview.sample],
        preview.snapshot_at,
    )


def job_view(job: BulkJob) -> BulkJobView:
    """A job as it stands."""
    params = job.params
    return BulkJobView(
        id=job.id,
        action=job.action,
        params=ParamsView(params.reason, params.until, params.role, params.group, params.permanent),
        filter=job.filter,
        picked=job.picked,
        snapshot_at=job.snapshot_at,
        state=job.state,
        reason=job.reason,
        message=None if job.reason is None else WORDS[job.reason],
        total=job.total,
        total_is_exact=job.total_is_exact,
        done=job.done,
        skipped=job.skipped,
        failed=job.failed,
        started_by=Asker(job.actor_kind, job.actor_id, job.actor_label),
        created_at=job.created_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
    )


def result_view(result: BulkResult) -> BulkResultView:
    """What became of somebody."""
    return BulkResultView(
        result.user_id,
        result.name,
        result.email,
        result.outcome,
        result.code,
        result.message,
        result.at,
    )


def _text(value: str | bool) -> str:
    return value if isinstance(value, str) else str(value).lower()
