"""In HTML a value stands in text, or is the whole address of a link; nowhere else would escaping be enough."""

import pytest

from tenantry.domain.mail_templates.catalogue import KINDS
from tenantry.domain.mail_templates.model import Texts
from tenantry.domain.mail_templates.rules import check_texts
from tenantry.kernel.errors import DomainError


def check(html: str) -> str | None:
    """What is said of this HTML, or None when it is accepted."""
    texts = Texts("{{ link }}", "Hello", f"{html}{{{{ link }}}}")
    try:
        check_texts(KINDS["password_reset"], texts)
    except DomainError as refused:
        return refused.fields["html"]
    return None


@pytest.mark.parametrize(
    "html",
    [
        '<!doctype html><html lang="en"><head><title>{{ tenant_name }}</title></head><body>',
        "<p>Hello <b>{{ person_name }}</b></p>",
        '<a href="{{ link }}">here</a>',
        "<a target=_blank href = '{{link}}' style=\"color: red\">here</a>",
        "{% if person_name %}<p>{{ person_name }}</p>{% else %}<p>you</p>{% endif %}",
        "<!-- a note --><!--[if mso]><table><tr><td><![endif]--><p>{{ account }}</p>",
        "<!--[if !mso]><!--><p>x</p><!--<![endif]-->",
        "<style>p > b { color: red }</style><p>{{ account }}</p>",
        '<img src="https://example.com/logo.png" alt="" width=10 height=10 /><br/><br>',
        "1 < 2 and 3 > 2 & {{ account }} <3",
        '<p title="a > b">{{ account }}</p>',
        "<P CLASS=x>{{ account }}</P >",
    ],
)
def test_text_and_whole_addresses_are_the_places_for_values(html: str) -> None:
    assert check(html) is None


@pytest.mark.parametrize(
    "html",
    [
        "<p {{ person_name }}>",
        "<{{ person_name }}>",
        "<p class={{ person_name }}>",
        '<p class="{{ person_name }}">',
        "<a href={{ link }}>x</a>",
        '<a href="{{ account }}">x</a>',
        '<a href="https://example.com/{{ link }}">x</a>',
        '<a href="{{ link }}?{{ account }}">x</a>',
        '<img src="{{ link }}">',
        '<p style="color: {{ account }}">',
        '<p {% if first %}class="x"{% endif %}>',
        '{% if first %}<a href="{% endif %}x">',
        '<a href="{% if first %}{{ link }}{% endif %}">x</a>',
        "<!-- {{ account }} -->",
        "<!-- {% if first %} --> {% endif %}",
        "<style>p { color: {{ account }} }</style>",
        "<!doctype {{ account }}>",
        "</p {{ account }}>",
        '<p title=">" x={{ account }}>',
        "<p title='\">' x={{ account }}>",
    ],
)
def test_inside_tags_comments_and_styles_nothing_is_filled_in(html: str) -> None:
    said = check(f"<p>one</p>\n{html}")
    assert said is not None
    assert said.startswith("line 2: ")


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>",
        "<SCRIPT SRC=x></SCRIPT>",
        "<iframe src='x'></iframe>",
        "<form action='x'><input name=y></form>",
        "<object data='x'></object>",
        "<base href='https://evil.example'>",
        "<svg onload=alert(1)>",
        "<p onclick='x'>",
        "<p\nONMOUSEOVER = x>",
        "<a href='javascript:alert(1)'>x</a>",
        "<a href=' jAvAsCrIpT:alert(1)'>x</a>",
        "<a href='&#106;avascript:alert(1)'>x</a>",
        "<a href='&#x6a;avascript&colon;alert(1)'>x</a>",
        "<a href='java&Tab;script:alert(1)'>x</a>",
        "<a href='java\nscript:alert(1)'>x</a>",
        "<a href='data:text/html,x'>x</a>",
    ],
)
def test_what_runs_or_loads_something_has_no_place_in_a_mail(html: str) -> None:
    assert check(html) is not None


@pytest.mark.parametrize(
    "html",
    [
        "<p",
        "<p class=",
        '<p class="x>',
        "<p class='x>",
        "<!-- x",
        "<!-->x",
        "</p",
        "<style>p {",
        "<p/x>",
        '<p a=b"c">',
        "<? x",
    ],
)
def test_what_browsers_would_have_to_repair_is_refused(html: str) -> None:
    assert check(html) is not None


def test_a_text_cannot_pretend_that_something_is_a_value() -> None:
    assert "private use" in (check("<p>\ue000</p>") or "")
