"""Mail templates: list, get, write and reset the tenant's own texts, preview them, send a test."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, delete, get, post, put

from tenantry.domain.mail_templates.actions import reset_template, save_template
from tenantry.domain.mail_templates.model import MailTemplate, TemplateKind, Texts
from tenantry.domain.mail_templates.queries import find_kind, get_template, list_templates
from tenantry.domain.notices.actions import preview, send_test
from tenantry.domain.notices.starters import starter
from tenantry.kernel.work import ReadWork, Work
from tenantry.surfaces.admin_api.changes import takes_back
from tenantry.surfaces.kit.conditions import if_match, version_tag
from tenantry.surfaces.kit.contract import promises
from tenantry.surfaces.kit.services import services
from tenantry.surfaces.kit.wire import Moment, decode_body, decode_change
from tenantry.surfaces.kit.works import Answer, AnyRequest, read, write

TAG = "Mail templates"
READS = ("admin:read", "admin:write")
WRITES = ("admin:write",)
LANGUAGE = (
    "A text holds `{{ variable }}` and `{% if variable %}…{% else %}…{% endif %}`, and nothing else of Jinja2. Which variables a"
    " kind has stands in `variables`. Values are escaped in `html`."
)
EXAMPLE = {
    "subject": "Your password at {{ tenant_name }}",
    "text": "Hello{% if person_name %} {{ person_name }}{% endif %},\n\nchoose a password here:\n{{ link }}\n",
    "html": '<p>Hello{% if person_name %} {{ person_name }}{% endif %},</p>\n<p><a href="{{ link }}">Choose a password</a></p>\n',
}
PATH = {"kind": "The kind of message, such as `password_reset`."}


class VariableView(msgspec.Struct, frozen=True, rename="camel"):
    """Something that a text can name: a `text`, an `address` that may also stand in an `href`, or a `flag` to be asked for with
    `if`. Without a required one a text is refused."""

    name: str
    description: str
    example: str | bool
    type: str
    required: bool
    may_be_empty: bool


class TemplateSummary(msgspec.Struct, frozen=True, rename="camel"):
    """A kind of message, and whether the tenant has a text of its own for it."""

    kind: str
    channel: str
    description: str
    is_custom: bool
    version: int
    updated_at: Moment | None
    updated_by: UUID | None


class TemplateView(TemplateSummary, frozen=True, rename="camel"):
    """A kind of message with its texts: the tenant's own, or the built-in ones as a tenant could write them. `subject` and `html`
    are null for a text message; a mail may do without `html`."""

    subject: str | None
    text: str
    html: str | None
    variables: list[VariableView]


@takes_back(TemplateView)
class WriteTemplate(msgspec.Struct, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """The whole of the texts. A mail needs a subject; without `html` it is sent as plain text."""

    text: str
    subject: str | None = None
    html: str | None = None


class TryTemplate(msgspec.Struct, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """The texts to show, as a PUT would take them; without `text` those that are sent now."""

    text: str | None = None
    subject: str | None = None
    html: str | None = None


class TestTemplate(TryTemplate, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Where the test goes: an email address, or a phone number for a text message; and the texts as in a preview."""

    to: str


class Preview(msgspec.Struct, frozen=True):
    """A message as it would arrive, with example values."""

    subject: str | None
    text: str
    html: str | None


class TestSent(msgspec.Struct, frozen=True, rename="camel"):
    """Where to look for what became of it."""

    message_id: UUID


@get(
    "/mail-templates",
    **promises(
        summary="List the kinds of messages",
        name="listMailTemplates",
        tag=TAG,
        description="Every mail and text message that is sent, with or without a text of the tenant's own.",
        answer=list[TemplateSummary],
        scopes=READS,
    ),
)
async def list_all(request: AnyRequest) -> Response[bytes]:
    async def run(work: ReadWork) -> Answer:
        return Answer({"data": [_summary(kind, own) for kind, own in await list_templates(work)]})

    return await read(request, run)


@get(
    "/mail-templates/{kind:str}",
    **promises(
        summary="Get a mail template",
        name="getMailTemplate",
        tag=TAG,
        description=LANGUAGE,
        answer=TemplateView,
        scopes=READS,
        errors=(404,),
        etag=True,
        path=PATH,
    ),
)
async def get_one(request: AnyRequest) -> Response[bytes]:
    async def run(work: ReadWork) -> Answer:
        kind = _kind(request)
        return _answer(kind, await get_template(work, kind))

    return await read(request, run)


@put(
    "/mail-templates/{kind:str}",
    **promises(
        summary="Write a mail template",
        name="updateMailTemplate",
        tag=TAG,
        description=f"{LANGUAGE} The text is checked now: what is wrong is named with its line, and nothing is stored.",
        body=WriteTemplate,
        answer=TemplateView,
        scopes=WRITES,
        errors=(404, 412, 422),
        etag=True,
        path=PATH,
        body_example=EXAMPLE,
    ),
)
async def save(request: AnyRequest) -> Response[bytes]:
    raw = await request.body()

    async def run(work: Work) -> Answer:
        kind = _kind(request)
        body = decode_change(raw, WriteTemplate)
        texts = Texts(body.text, body.subject, body.html)
        saved = await save_template(work, kind, texts, if_match(request), built_in=starter(kind))
        return _answer(kind, saved, "Mail template saved")

    return await write(request, run)


@delete(
    "/mail-templates/{kind:str}",
    **promises(
        summary="Reset a mail template",
        name="resetMailTemplate",
        tag=TAG,
        description="The built-in text is sent again.",
        answer=TemplateView,
        scopes=WRITES,
        errors=(404, 412),
        etag=True,
        path=PATH,
    ),
)
async def reset(request: AnyRequest) -> Response[bytes]:
    async def run(work: Work) -> Answer:
        kind = _kind(request)
        return _answer(kind, await reset_template(work, kind, if_match(request)), "Mail template reset")

    return await write(request, run)


@post(
    "/mail-templates/{kind:str}/preview",
    **promises(
        summary="Preview a mail template",
        name="previewMailTemplate",
        tag=TAG,
        description="The message with example values. Nothing is stored or sent.",
        body=TryTemplate,
        answer=Preview,
        scopes=READS,
        errors=(404, 422),
        path=PATH,
        body_example=EXAMPLE,
    ),
)
async def show(request: AnyRequest) -> Response[bytes]:
    raw = await request.body()

    async def run(work: ReadWork) -> Answer:
        tried, address = _tried(decode_body(raw, TryTemplate)), services(request).settings.address
        shown = await preview(work, _kind(request), tried, address)
        return Answer({"data": Preview(shown.subject, shown.text, shown.html)})

    return await read(request, run)


@post(
    "/mail-templates/{kind:str}/test",
    **promises(
        summary="Send a test of a mail template",
        name="testMailTemplate",
        tag=TAG,
        description=(
            "Sends the message with example values to an address of your choice, at most 20 in an hour; its subject begins with"
            " `[Test]`, and so does a text message. Its links lead nowhere."
            " What became of it stands in the list of messages."
        ),
        body=TestTemplate,
        answer=TestSent,
        status=202,
        scopes=WRITES,
        errors=(404, 422),
        path=PATH,
        body_example={"to": "anita@example.com"},
    ),
)
async def test(request: AnyRequest) -> Response[bytes]:
    raw = await request.body()

    async def run(work: Work) -> Answer:
        kind = _kind(request)
        body = decode_body(raw, TestTemplate)
        found = services(request)
        message_id = await send_test(work, kind, body.to, _tried(body), found.sealer, found.settings.address)
        return Answer({"data": TestSent(message_id), "message": "A test message is on its way"}, 202)

    return await write(request, run)


def _kind(request: AnyRequest) -> TemplateKind:
    return find_kind(request.path_params["kind"])


def _tried(body: TryTemplate) -> Texts | None:
    if body.text is None and body.subject is None and body.html is None:
        return None
    return Texts(body.text or "", body.subject, body.html)


def _summary(kind: TemplateKind, own: MailTemplate) -> TemplateSummary:
    return TemplateSummary(**_facts(kind, own))


def _facts(kind: TemplateKind, own: MailTemplate) -> dict[str, Any]:
    return {
        "kind": kind.name,
        "channel": kind.medium.value,
        "description": kind.meaning,
        "is_custom": own.texts is not None,
        "version": own.version,
        "updated_at": own.updated_at,
        "updated_by": own.updated_by,
    }


def _answer(kind: TemplateKind, own: MailTemplate, message: str | None = None) -> Answer:
    texts = own.texts or starter(kind)
    view = TemplateView(
        **_facts(kind, own),
        subject=texts.subject,
        text=texts.text,
        html=texts.html,
        variables=[
            VariableView(v.name, v.meaning, v.example, v.role.value, v.name in kind.needs, v.may_be_empty)
            for v in kind.variables
        ],
    )
    body = {"data": view} if message is None else {"data": view, "message": message}
    return Answer(body, headers=version_tag(own.version))


ROUTES = [list_all, get_one, save, reset, show, test]
