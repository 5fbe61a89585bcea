"""The texts of messages: a tenant's own where it has one, else the built-in ones from the files in templates/.

A mail is one subject, one plain text and one HTML; a text message is one plain text.
"""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from tenantry.domain.codes.model import Channel
from tenantry.domain.mail_templates.errors import Unusable
from tenantry.domain.mail_templates.model import Medium, TemplateKind, Texts
from tenantry.domain.mail_templates.queries import find_kind, get_template
from tenantry.domain.mail_templates.rules import fill, line_of
from tenantry.domain.notices.looks import PLAIN, MailLook, look_of, shown
from tenantry.kernel import lazy
from tenantry.kernel.logs import logger
from tenantry.kernel.mail import Message
from tenantry.kernel.sms import LONGEST_TEXT as LONGEST_SMS
from tenantry.kernel.sms import Sms
from tenantry.kernel.work import ReadWork

TEMPLATES = Path(__file__).parent / "templates"
SPARE_LINES = re.compile(r"\n(?:[ \t]*\n){2,}")
LONGEST_PART = 1_000_000
LONGEST_ERROR = 300
log = logger("notices")
UNITS = ((1440, "day"), (60, "hour"), (1, "minute"))


class Letter(msgspec.Struct, frozen=True):
    """A message before it is written: the address or number, the kind of its text such as "password_reset", and the values."""

    to: str
    template: str
    values: dict[str, object]
    channel: Channel = Channel.EMAIL


class Rendered(msgspec.Struct, frozen=True):
    """A mail without its address."""

    subject: str
    text: str
    html: str


async def written(work: ReadWork, letter: Letter, address: str | None = None) -> Message | Sms:
    """The message, in the tenant's own words where it has some, else in the built-in ones. System-only.

    `address` is the public one of this server, below which a mail finds the tenant's logo.

    A tenant's text that fails is passed over: a link must arrive, whatever somebody has written around it.
    """
    kind = find_kind(letter.template)
    own = (await get_template(work, kind)).texts
    if own is not None:
        try:
            return addressed(letter, filled(kind, own, letter.values))
        except Unusable as error:
            log.warning("a tenant's own text failed", template=kind.name, error=str(error)[:LONGEST_ERROR])
    return addressed(letter, built_in(kind, letter.values, look_of(work.tenant, address)))


def filled(kind: TemplateKind, texts: Texts, values: Mapping[str, object]) -> Texts:
    """A tenant's texts with their values. Raises Unusable."""
    known = {variable.name: values[variable.name] for variable in kind.variables if variable.name in values}
    text = SPARE_LINES.sub("\n\n", fill(texts.text, known)).strip()
    if kind.medium is Medium.SMS:
        return _usable(Texts(text), LONGEST_SMS)
    subject = line_of(fill(texts.subject or "", known))
    html = None if texts.html is None else fill(texts.html, known, is_html=True)
    if not subject:
        raise Unusable("the subject is empty")
    return _usable(Texts(f"{text}\n", subject, html), LONGEST_PART)


def built_in(kind: TemplateKind, values: Mapping[str, object], look: MailLook = PLAIN) -> Texts:
    """The built-in texts of a kind with their values; the HTML in the looks of the tenant."""
    if kind.medium is Medium.SMS:
        return Texts(render_text(kind.name, **values))
    mail = render(kind.name, look, **values)
    return Texts(mail.text, mail.subject, mail.html)


def addressed(letter: Letter, texts: Texts) -> Message | Sms:
    """The message with its address."""
    if letter.channel is Channel.SMS:
        return Sms(letter.to, texts.text)
    return Message(letter.to, texts.subject or "", texts.text, texts.html)


def _usable(texts: Texts, most: int) -> Texts:
    if not texts.text.strip():
        raise Unusable("the text is empty")
    if max(len(texts.text), len(texts.html or "")) > most:
        raise Unusable(f"the message has more than {most} characters")
    return texts


def render(template: str, look: MailLook = PLAIN, /, **values: object) -> Rendered:
    """The three parts of the built-in mail `template`, such as "password_reset".

    Values are escaped in the HTML alone. Raises jinja2.UndefinedError when a text uses a name that `values` lacks.
    """
    environment = _environment()
    subject = environment.get_template(f"{template}.subject.txt").render(values)
    text = environment.get_template(f"{template}.txt").render(values)
    html = environment.get_template(f"{template}.html").render({**values, **shown(environment, look)})
    # A name may stand in the subject; whatever white space it brings along, a header is one line.
    return Rendered(line_of(subject), text.strip() + "\n", html.strip() + "\n")


def render_text(template: str, **values: object) -> str:
    """The built-in text message `template`. Raises jinja2.UndefinedError when it uses a name that `values` lacks."""
    text: str = _environment().get_template(f"{template}.sms.txt").render(values)
    return text.strip()


def in_words(minutes: int) -> str:
    """A time a link works for, as it stands after "for": "30 minutes", "24 hours", "7 days"; below 0 there is no end."""
    if minutes < 0:
        return "an unlimited time"
    for size, name in UNITS:
        count, rest = divmod(minutes, size)
        # One day is better said in hours.
        if rest == 0 and count > (1 if name == "day" else 0):
            return f"{count} {name}{'s' if count != 1 else ''}"
    return "0 minutes"


def load() -> None:
    """Loads the template library, which takes a seventh of a second: call it in a thread, so that nobody waits for it."""
    _environment()


@cache
def _environment() -> Any:
    library: Any = lazy.jinja2()
    return library.Environment(
        loader=library.FileSystemLoader(TEMPLATES),
        autoescape=library.select_autoescape(enabled_extensions=("html",), default=False),
        undefined=library.StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
