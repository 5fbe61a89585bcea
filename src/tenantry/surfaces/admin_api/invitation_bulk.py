"""Inviting many people in one call, with an answer for each."""

from uuid import UUID

import msgspec
from litestar import Response, post

from tenantry.domain.invitations.actions import invite_many
from tenantry.domain.invitations.model import NewInvitation
from tenantry.kernel.errors import DomainError
from tenantry.kernel.work import Work
from tenantry.surfaces.admin_api.errors import STATUS
from tenantry.surfaces.admin_api.invitations import EXAMPLE, TAG, WRITES, CreateInvitation, wanted
from tenantry.surfaces.kit.contract import promises
from tenantry.surfaces.kit.wire import decode_body
from tenantry.surfaces.kit.works import Answer, AnyRequest, write


class BulkInvitations(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """1 to 1000 people. Each entry is looked at by itself, so a faulty one spoils no other."""

    invitations: list[CreateInvitation]


class _Entries(msgspec.Struct, forbid_unknown_fields=True):
    """The same before anybody has looked at the entries."""

    invitations: list[msgspec.Raw]


class RowError(msgspec.Struct, frozen=True):
    """Why an entry was refused, in the words that the same call for it alone would get."""

    code: str
    message: str
    details: dict[str, str]


class BulkRow(msgspec.Struct, frozen=True):
    """What became of one entry. `index` is its place in the request, from 0; `status` is what it would be answered alone."""

    index: int
    status: int
    id: UUID | None
    error: RowError | None


class BulkResult(msgspec.Struct, frozen=True):
    """The answer to all of them: a row for each, in the order of the request."""

    invited: int
    refused: int
    results: list[BulkRow]


@post(
    "/invitations/bulk",
    **promises(
        summary="Invite many people",
        name="createInvitations",
        tag=TAG,
        description=(
            "Up to 1000 in one call. Whoever can be invited is, also where others are refused: the answer is 200 with a row for"
            " each entry, whose `status` is 201 or what the entry alone would have been answered. The call counts as one write."
        ),
        body=BulkInvitations,
        answer=BulkResult,
        scopes=WRITES,
        errors=(422,),
        body_example={"invitations": [EXAMPLE, {"email": "bob@example.com"}]},
    ),
)
async def create_many(request: AnyRequest) -> Response[bytes]:
    raw = await request.body()

    async def run(work: Work) -> Answer:
        rows = decode_body(raw, _Entries).invitations
        answers = await invite_many(work, [_wanted(row) for row in rows])
        results = [_row(index, answer) for index, answer in enumerate(answers)]
        invited = sum(row.error is None for row in results)
        body = BulkResult(invited, len(results) - invited, results)
        return Answer({"data": body, "message": f"{invited} of {len(results)} invited"})

    return await write(request, run)


def _wanted(entry: msgspec.Raw) -> NewInvitation | DomainError:
    try:
        return wanted(decode_body(bytes(entry), CreateInvitation))
    except DomainError as refusal:
        return refusal


def _row(index: int, answer: UUID | DomainError) -> BulkRow:
    if isinstance(answer, UUID):
        return BulkRow(index, 201, answer, None)
    return BulkRow(index, STATUS[answer.kind], None, RowError(answer.code, answer.message, answer.fields))


ROUTES = [create_many]
