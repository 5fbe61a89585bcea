"""Mail texts: one subject, one plain text and one HTML for each kind of notice, from the files in templates/."""

from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from tenantry.kernel import lazy

TEMPLATES = Path(__file__).parent / "templates"
UNITS = ((1440, "day"), (60, "hour"), (1, "minute"))


class Rendered(msgspec.Struct, frozen=True):
    """A mail without its address."""

    subject: str
    text: str
    html: str


def render(template: str, **values: object) -> Rendered:
    """The three parts of the mail `template`, such as "password_reset".

    Values are escaped in the HTML alone. Raises jinja2.UndefinedError when a text uses a name that `values` lacks.
    """
    environment = _environment()
    subject = environment.get_template(f"{template}.subject.txt").render(values)
    text = environment.get_template(f"{template}.txt").render(values)
    html = environment.get_template(f"{template}.html").render(values)
    # A name may stand in the subject; whatever white space it brings along, a header is one line.
    return Rendered(" ".join(subject.split()), text.strip() + "\n", html.strip() + "\n")


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
