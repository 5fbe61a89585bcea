"""The texts of messages: the built-in ones as a tenant could have written them, and a tenant's own in their place."""

import re
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from tenantry.domain.codes.model import Channel
from tenantry.domain.mail_templates.actions import save_template
from tenantry.domain.mail_templates.catalogue import KINDS
from tenantry.domain.mail_templates.model import Medium, Role, TemplateKind, Texts, Variable
from tenantry.domain.mail_templates.rules import check_texts
from tenantry.domain.notices.recovery_mails import mail_password_reset
from tenantry.domain.notices.rendering import TEMPLATES, Letter, built_in, filled, written
from tenantry.domain.notices.starters import starter
from tenantry.domain.recovery.request_actions import request_password_reset
from tenantry.kernel.jobs import TaskEnv
from tenantry.kernel.mail import MailboxMailer, Message, compose
from tenantry.kernel.sms import Sms
from tests.support.makers import Home
from tests.support.running import task_env

RESET = KINDS["password_reset"]
NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
EVIL = "<img src=x onerror=alert(1)>\r\nBcc: eve@example.org {{ 7*7 }}"


@pytest.fixture
def env(home: Home, tmp_path: Path) -> TaskEnv:
    return task_env(home.works, tmp_path)


def cases(kind: TemplateKind) -> list[dict[str, object]]:
    """The examples, with every flag either way and everything that may be empty there or not."""

    def choices(variable: Variable) -> list[object]:
        if variable.role is Role.FLAG:
            return [True, False]
        return [variable.example, None] if variable.may_be_empty else [variable.example]

    names = [variable.name for variable in kind.variables]
    return [dict(zip(names, values, strict=True)) for values in product(*map(choices, kind.variables))]


def words(text: str | None) -> str | None:
    return None if text is None else " ".join(text.split())


def test_the_catalogue_names_every_text_there_is_and_no_other() -> None:
    files = {path.name for path in TEMPLATES.iterdir() if not path.name.startswith("_")}
    parts = {Medium.EMAIL: ("subject.txt", "txt", "html"), Medium.SMS: ("sms.txt",)}
    assert files == {f"{kind.name}.{part}" for kind in KINDS.values() for part in parts[kind.medium]}


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_a_built_in_text_uses_the_variables_of_its_kind_and_no_others(kind: TemplateKind) -> None:
    for values in cases(kind):
        shown = built_in(kind, values)
        for name in kind.needs:
            assert str(values[name]) in shown.text


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_where_a_tenant_begins_is_accepted_and_says_what_the_built_in_text_says(kind: TemplateKind) -> None:
    texts = starter(kind)
    check_texts(kind, texts)
    for values in cases(kind):
        own, preset = filled(kind, texts, values), built_in(kind, values)
        assert own.subject == preset.subject
        assert words(own.text) == words(preset.text)
        assert own.html == preset.html


async def save(home: Home, kind: TemplateKind, texts: Texts) -> None:
    async with home.works.write(home.opener()) as work:
        await save_template(work, kind, texts)


async def write(home: Home, kind: TemplateKind, **values: object) -> Message | Sms:
    is_mail = kind.medium is Medium.EMAIL
    to, channel = ("ann@example.com", Channel.EMAIL) if is_mail else ("+4915112345678", Channel.SMS)
    async with home.works.read(home.opener()) as work:
        return await written(work, Letter(to, kind.name, {**kind.examples, **values}, channel))


async def mail(home: Home, kind: TemplateKind, **values: object) -> Message:
    made = await write(home, kind, **values)
    assert isinstance(made, Message)
    return made


@pytest.mark.asyncio
async def test_a_job_sends_the_tenants_own_words(
    home: Home, neighbour: Home, env: TaskEnv, tmp_path: Path
) -> None:
    await save(home, RESET, Texts("Ours: {{ link }}", "Ours of {{ tenant_name }}"))
    for house in (home, neighbour):
        person = await house.user("ann@example.com")
        async with house.works.write(house.opener()) as work:
            await request_password_reset(work, person.user)
        async with house.works.read(house.opener()) as work:
            event = await work.db.value("select id from events where type = 'user.password_reset_requested'")
        await mail_password_reset(env, {"tenant": str(house.id), "event": str(event)})
    theirs, ours = await MailboxMailer(tmp_path / "mailbox").listed()
    assert ours.subject == "Ours of Acme"
    assert re.fullmatch(r"Ours: http://localhost:8400/t/acme-corp/reset-password\?token=[\w-]+\n", ours.text)
    assert ours.html is None
    assert theirs.subject == "Reset your Other password"


@pytest.mark.asyncio
async def test_html_in_a_name_is_inert_and_a_line_break_makes_no_header(home: Home) -> None:
    for texts in (
        None,
        Texts("{{ person_name }} {{ link }}", "For {{ person_name }}", "<p>{{ person_name }}</p>{{ link }}"),
    ):
        if texts is not None:
            await save(home, RESET, texts)
        made = await mail(home, RESET, person_name=EVIL, tenant_name=EVIL)
        assert made.html is not None
        assert "<img" not in made.html
        assert "&lt;img src=x onerror=alert(1)&gt;" in made.html
        assert "{{ 7*7 }}" in made.text
        assert "\n" not in made.subject
        composed = compose(made, "Tenantry <no-reply@example.com>", NOW)
        assert composed["Bcc"] is None
        assert b"\nBcc:" not in bytes(composed).replace(b"\r", b"").split(b"\n\n")[0]


@pytest.mark.asyncio
async def test_a_text_message_has_own_words_as_well(home: Home) -> None:
    kind = KINDS["password_code_sms"]
    await save(home, kind, Texts("Code {{ code }}{% if link %} at {{ link }}{% endif %}"))
    assert await write(home, kind, code="424242", link=None) == Sms("+4915112345678", "Code 424242")


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "columns",
    [
        {"text": "{{ ''.__class__.__mro__ }} {{ link }}"},
        {"text": "{{ nobody }} {{ link }}"},
        {"text": "{% for x in range(10) %}"},
        {"html": "{% include 'invitation.html' %}"},
        {"subject": "{{ first() }}"},
        {"subject": "{% if first %}x{% endif %}"},
        {"text": "{{ account }}" * 1000},
    ],
)
async def test_a_text_that_fails_when_it_is_sent_gives_way_to_the_built_in_one(
    home: Home, columns: dict[str, Any]
) -> None:
    await save(home, RESET, Texts("Ours {{ link }}", "Ours", "{{ link }}"))
    [(name, value)] = columns.items()
    async with home.works.write(home.opener()) as work:
        # As if an older version of this program had let it pass.
        await work.db.run(f"update mail_templates set {name} = %s", (value,))
    values = {"first": False, "account": "a" * 2000}
    made = await mail(home, RESET, **values)
    preset = built_in(RESET, {**RESET.examples, **values})
    assert (made.subject, made.text, made.html) == (preset.subject, preset.text, preset.html)


@pytest.mark.asyncio
async def test_lines_that_conditions_leave_empty_are_few(home: Home) -> None:
    await save(
        home,
        RESET,
        Texts("One\n{% if first %}\nTwo\n{% endif %}\n{% if first %}\n{% endif %}\n\n{{ link }}", "x"),
    )
    made = await mail(home, RESET, first=False, link="L")
    assert made.text == "One\n\nL\n"


@pytest.mark.asyncio
async def test_asking_for_the_tenants_text_costs_one_statement(home: Home) -> None:
    async with home.works.read(home.opener()) as work:
        before = work.db.statements
        await written(work, Letter("ann@example.com", "password_reset", RESET.examples))
        assert work.db.statements == before + 1
