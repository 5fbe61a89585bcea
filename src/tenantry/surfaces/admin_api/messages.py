"""Messages: what was mailed or texted to whom, and what became of it. What they said is never shown."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, get, post

from tenantry.domain.codes.model import Channel
from tenantry.domain.mail_templates.catalogue import KINDS
from tenantry.domain.notices.actions import retry_message
from tenantry.domain.notices.model import MessageState, SentMessage
from tenantry.domain.notices.queries import get_message, list_messages, parse_message_id
from tenantry.domain.users.queries import get_user
from tenantry.domain.users.references import parse_ref
from tenantry.kernel.criteria import AllOf, Compare, Criteria, Node, Op
from tenantry.kernel.errors import DomainError, Kind
from tenantry.kernel.work import ReadWork, Work
from tenantry.surfaces.admin_api.lists import Found, list_body, read_list
from tenantry.surfaces.kit.contract import promises
from tenantry.surfaces.kit.search_query import SearchQuery, criteria, one_of
from tenantry.surfaces.kit.wire import Moment, decode_query
from tenantry.surfaces.kit.works import Answer, AnyRequest, read, write

TAG = "Messages"
READS = ("admin:read", "admin:write")
STATES = tuple(state.value for state in MessageState)
CHANNELS = (Channel.EMAIL.value, Channel.SMS.value)


class MessageFilters(SearchQuery, kw_only=True, rename="camel"):
    """Search in addresses and numbers, and the filters. The order is `createdAt`."""

    kind: Annotated[
        str | None, one_of(*KINDS, description="The kind of message, as in the mail templates.")
    ] = None
    state: Annotated[str | None, one_of(*STATES, description="What became of it.")] = None
    channel: Annotated[str | None, one_of(*CHANNELS)] = None
    sort_by: Annotated[str, one_of("createdAt")] = "createdAt"

    def where(self) -> Node:
        """The filters as a condition. Raises DomainError for a value that there is not."""
        parts: list[Node] = []
        for name, value, known in (
            ("kind", self.kind, KINDS),
            ("state", self.state, STATES),
            ("channel", self.channel, CHANNELS),
        ):
            if value is None:
                continue
            if value not in known:
                problem = f"must be one of {', '.join(known)}"
                raise DomainError(Kind.INVALID, "validation_error", f"{name} {problem}.", {name: problem})
            parts.append(Compare(name, Op.EQ, value))
        return AllOf(tuple(parts))


class MessageQuery(MessageFilters, kw_only=True, rename="camel"):
    """As for one user, and whose messages."""

    user_id: Annotated[UUID | None, msgspec.Meta(description="The user that they went to.")] = None
    invitation_id: Annotated[UUID | None, msgspec.Meta(description="The invitation that they belong to.")] = (
        None
    )

    def where(self) -> Node:
        """The filters as a condition."""
        ids = (("userId", self.user_id), ("invitationId", self.invitation_id))
        own = tuple(Compare(name, Op.EQ, value) for name, value in ids if value is not None)
        return AllOf((super().where(), *own))


class MessageView(msgspec.Struct, frozen=True, rename="camel"):
    """A message: `queued` until it is sent, or given up as `failed`, or its address is refused (`bounced`). `attempts` counts the
    tries, and `lastError` is what the mail server or gateway said to the latest one that failed."""

    id: UUID
    kind: str
    channel: str
    sent_to: str | None
    state: str
    attempts: int
    last_error: str | None
    user_id: UUID | None
    invitation_id: UUID | None
    created_at: Moment
    sent_at: Moment | None


@get(
    "/messages",
    **promises(
        summary="List messages",
        name="listMessages",
        tag=TAG,
        description="Mails and text messages of the last 90 days. What they said is not shown: it may hold a link or code.",
        query=MessageQuery,
        answer=MessageView,
        listed=True,
        scopes=READS,
    ),
)
async def list_all(request: AnyRequest) -> Response[bytes]:
    async def find(work: ReadWork, asked: Criteria) -> Found:
        found = await list_messages(work, asked)
        return [_view(message) for message in found.messages], found.page

    return await read_list(request, MessageQuery, find)


@get(
    "/messages/{message_id:str}",
    **promises(
        summary="Get a message", name="getMessage", tag=TAG, answer=MessageView, scopes=READS, errors=(404,)
    ),
)
async def get_one(request: AnyRequest) -> Response[bytes]:
    async def run(work: ReadWork) -> Answer:
        return Answer({"data": _view(await get_message(work, _id(request)))})

    return await read(request, run)


@get(
    "/users/{user_id:str}/messages",
    **promises(
        summary="List a user's messages",
        name="listUserMessages",
        tag="Users",
        description="Mails and text messages of the last 90 days that went to this user.",
        query=MessageFilters,
        answer=MessageView,
        listed=True,
        scopes=READS,
        errors=(404,),
    ),
)
async def list_of_user(request: AnyRequest) -> Response[bytes]:
    async def run(work: ReadWork) -> Answer:
        query = decode_query(request.scope["query_string"], MessageFilters)
        user = await get_user(work, parse_ref(request.path_params["user_id"]))
        asked = criteria(query)
        own = AllOf((asked.where, Compare("userId", Op.EQ, user.id)))
        found = await list_messages(work, msgspec.structs.replace(asked, where=own))
        return Answer(list_body(query, [_view(message) for message in found.messages], found.page))

    return await read(request, run)


@post(
    "/messages/{message_id:str}/retry",
    **promises(
        summary="Try a message again",
        name="retryMessage",
        tag=TAG,
        description=(
            "Tries a queued message at once, instead of when its next try is due. One that was given up or bounced has lost its"
            " content and is refused (409): send the link, code or invitation again."
        ),
        answer=MessageView,
        status=202,
        scopes=("admin:write",),
        errors=(404, 409),
    ),
)
async def retry(request: AnyRequest) -> Response[bytes]:
    async def run(work: Work) -> Answer:
        await retry_message(work, _id(request))
        view = _view(await get_message(work, _id(request)))
        return Answer({"data": view, "message": "The message is tried now"}, 202)

    return await write(request, run)


def _view(message: SentMessage) -> MessageView:
    return MessageView(
        id=message.id,
        kind=message.kind,
        channel=message.channel.value,
        sent_to=message.sent_to,
        state=message.state.value,
        attempts=message.attempts,
        last_error=message.last_error,
        user_id=message.user_id,
        invitation_id=message.invitation_id,
        created_at=message.created_at,
        sent_at=message.sent_at,
    )


def _id(request: AnyRequest) -> UUID:
    return parse_message_id(request.path_params["message_id"])


ROUTES = [list_all, get_one, list_of_user, retry]
