"""A tenant's text: what may stand in it, what is refused and where, and how it is filled in."""

import time

import pytest

from tenantry.domain.mail_templates.catalogue import KINDS
from tenantry.domain.mail_templates.errors import Unusable
from tenantry.domain.mail_templates.model import Medium, Role, Texts
from tenantry.domain.mail_templates.rules import (
    LONGEST_HTML,
    LONGEST_SMS,
    LONGEST_SUBJECT,
    LONGEST_TEXT,
    check_texts,
    fill,
    line_of,
)
from tenantry.kernel.errors import DomainError

RESET = KINDS["password_reset"]
CODE = KINDS["password_code_sms"]
LINK = "{{ link }}"


def fault(field: str, text: str, *, kind: str = "password_reset") -> str:
    """What is said of a part that is wrong, while the others are right."""
    right = {"subject": "Hello", "text": LINK, "html": f'<a href="{LINK}">here</a>'}
    texts = Texts(**{**right, field: text}) if KINDS[kind].medium is Medium.EMAIL else Texts(text)
    with pytest.raises(DomainError) as refused:
        check_texts(KINDS[kind], texts)
    assert refused.value.code == "validation_error"
    assert list(refused.value.fields) == [field]
    return refused.value.fields[field]


def test_text_variables_and_conditions_are_accepted() -> None:
    text = "Hi{% if person_name %} {{ person_name }}{% else %} you{% endif %},\n{{ link }} works for {{works_for}}."
    check_texts(RESET, Texts(text, "Your {{ tenant_name }} password", f"<p>{text}</p>"))
    check_texts(RESET, Texts(text, "Without HTML"))
    check_texts(CODE, Texts("{{ code }}{% if link %} at {{ link }}{% endif %}"))
    check_texts(
        RESET,
        Texts(
            "{% if first %}a {{ link }}{% elif person_name %}{{ link }}{% else %}{{ link }}{% endif %}", "x"
        ),
    )


@pytest.mark.parametrize(
    "attack",
    [
        "{{ ''.__class__ }}",
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ person_name.__class__ }}",
        "{{ person_name['x'] }}",
        "{{ person_name|safe }}",
        "{{ person_name|attr('x') }}",
        "{{ person_name() }}",
        "{{ 'x' }}",
        "{{ 9 ** 9 ** 9 }}",
        "{{ person_name ~ link }}",
        "{{ person_name if link else account }}",
        "{{ person_name, link }}",
        "{{ [person_name] }}",
        "{{ {} }}",
        "{{ not person_name }}",
        "{{ person_name is defined }}",
        "{% if not person_name %}x{% endif %}",
        "{% if person_name == account %}x{% endif %}",
        "{% if person_name.x %}x{% endif %}",
        "{% for x in person_name %}x{% endfor %}",
        "{% set x = 1 %}",
        "{% set x %}y{% endset %}",
        "{% include 'invitation.txt' %}",
        "{% include '/etc/passwd' %}",
        "{% import '_letter_parts.html' as x %}",
        "{% from '_letter_parts.html' import button %}",
        "{% extends '_letter.html' %}",
        "{% block x %}y{% endblock %}",
        "{% macro x() %}y{% endmacro %}",
        "{% call x() %}y{% endcall %}",
        "{% filter upper %}x{% endfilter %}",
        "{% with x = 1 %}y{% endwith %}",
        "{% autoescape false %}{{ person_name }}{% endautoescape %}",
    ],
)
@pytest.mark.parametrize("field", ["subject", "text", "html"])
def test_every_other_word_of_the_language_is_refused_with_its_line(field: str, attack: str) -> None:
    lead = "" if field == "subject" else f"one {LINK}\n\n"
    assert fault(field, f"{lead}{attack}").startswith(
        "line 1: only" if field == "subject" else "line 3: only"
    )


@pytest.mark.parametrize(
    "name", ["self", "loop", "range", "cycler", "config", "request", "password", "caller"]
)
def test_a_name_that_is_no_variable_is_refused_and_those_there_are_are_named(name: str) -> None:
    said = fault("text", f"{LINK}\n{{{{ {name} }}}}")
    assert said.startswith(
        f"line 2: there is no variable '{name}'; there are tenant_name, person_name, account"
    )
    assert "there is no variable" in fault("text", f"{LINK}{{% if {name} %}}{{% endif %}}")


@pytest.mark.parametrize(
    "broken", ["{{ link", "{% if first %}", "{% endif %}", "{{ }}", "{% nonsense %}", "{# x"]
)
def test_broken_syntax_is_refused_with_its_line(broken: str) -> None:
    assert fault("text", f"{LINK}\n{broken}").startswith("line 2: ")


def test_a_flag_is_asked_about_and_never_shown() -> None:
    assert "ask for it with {% if first %}" in fault("text", f"{LINK} {{{{ first }}}}")


@pytest.mark.parametrize(
    "text",
    [
        "No link at all.",
        "{# {{ link }} #}",
        "{% if person_name %}{{ link }}{% endif %}",
        "{% if person_name %}{{ link }}{% elif first %}{{ link }}{% endif %}",
        "{% if link %}yes{% endif %}",
        "{% raw %}{{ link }}{% endraw %}",
    ],
)
def test_a_text_that_might_leave_out_the_link_is_refused(text: str) -> None:
    assert "{{ link }}" in fault("text", text)
    assert "{{ link }}" in fault("html", text)


def test_a_code_must_be_in_a_text_message() -> None:
    assert "{{ code }}" in fault("text", "Your code is at {{ link }}", kind="password_code_sms")


def test_a_subject_is_one_line_and_a_text_message_has_none() -> None:
    assert "U+000A" in fault("subject", "Hello\nBcc: eve@example.org")
    assert "U+000D" in fault("subject", "Hello\rBcc: eve@example.org")
    assert fault("subject", "  ") == "must not be empty"
    with pytest.raises(DomainError) as refused:
        check_texts(CODE, Texts("{{ code }}", "Subject", "<p>{{ code }}</p>"))
    assert set(refused.value.fields) == {"subject", "html"}


def test_all_parts_that_are_wrong_are_named_at_once() -> None:
    with pytest.raises(DomainError) as refused:
        check_texts(RESET, Texts("", None, "<p>"))
    assert set(refused.value.fields) == {"subject", "text", "html"}


@pytest.mark.parametrize("character", ["\x00", "\x1b", "\u202e"])
def test_characters_that_disguise_are_refused(character: str) -> None:
    for field in ("subject", "text", "html"):
        assert f"U+{ord(character):04X}" in fault(field, f"{LINK}{character}")


def test_the_longest_texts_are_accepted_and_one_character_more_is_not() -> None:
    filler = LONGEST_TEXT - len(LINK)
    html = LONGEST_HTML - len(LINK)
    check_texts(RESET, Texts(LINK + "x" * filler, "x" * LONGEST_SUBJECT, LINK + "x" * html))
    assert str(LONGEST_TEXT) in fault("text", LINK + "x" * (filler + 1))
    assert str(LONGEST_HTML) in fault("html", LINK + "x" * (html + 1))
    assert str(LONGEST_SUBJECT) in fault("subject", "x" * (LONGEST_SUBJECT + 1))
    assert str(LONGEST_SMS) in fault("text", "{{ code }}" + "x" * LONGEST_SMS, kind="password_code_sms")


@pytest.mark.parametrize(
    "piece", ["{% if first %}", "{{ (", "{", "{{", "{% ", "<a ", '<a b="', "<!--", "</", "{{ link }}", "<"]
)
def test_megabytes_and_knots_are_refused_or_read_in_a_moment(piece: str) -> None:
    for size in (LONGEST_HTML, 5_000_000):
        source = piece * (size // len(piece))
        began = time.monotonic()
        try:
            check_texts(RESET, Texts(LINK, "x", source))
        except DomainError as refused:
            assert list(refused.fields) == ["html"]
        assert time.monotonic() - began < 5


def test_conditions_stand_ten_deep_at_most() -> None:
    def nested(depth: int) -> str:
        return LINK + "{% if first %}" * depth + "x" + "{% endif %}" * depth

    check_texts(RESET, Texts(nested(10), "x"))
    assert "10 deep" in fault("text", nested(11))


def test_values_are_escaped_in_html_and_nowhere_else() -> None:
    evil = {"person_name": "<script>alert(1)</script>\"'&", "link": None}
    assert fill("{{ person_name }}", evil) == evil["person_name"]
    html = fill("<p>{{ person_name }}{{ link }}</p>", evil, is_html=True)
    assert html == "<p>&lt;script&gt;alert(1)&lt;/script&gt;&#34;&#39;&amp;</p>"


def test_a_value_that_looks_like_a_template_stays_text() -> None:
    assert fill("{{ a }}", {"a": "{{ 7 * 7 }}{% if a %}"}) == "{{ 7 * 7 }}{% if a %}"


def test_a_condition_asks_whether_there_is_anything() -> None:
    text = "Hi{% if name %} {{ name }}{% else %} you{% endif %}"
    assert [fill(text, {"name": name}) for name in ("Ann", "", None)] == ["Hi Ann", "Hi you", "Hi you"]


@pytest.mark.parametrize(
    "unchecked",
    [
        "{{ ''.__class__ }}",
        "{{ x }}",
        "{% if %}",
        "{{ range(9) }}",
        "{{ a|upper }}",
        "{% include 'x' %}",
        "{{ a() }}",
    ],
)
def test_even_an_unchecked_text_runs_in_a_sandbox(unchecked: str) -> None:
    with pytest.raises(Unusable):
        fill(unchecked, {"a": "b"})


def test_a_line_is_one_line_whatever_came_with_the_values() -> None:
    assert line_of("Hello\r\nBcc: eve@example.org\x0b\x85 \u2028x") == "Hello Bcc: eve@example.org x"


def test_what_a_kind_needs_is_one_of_its_variables_and_every_example_is_of_its_role() -> None:
    for kind in KINDS.values():
        names = [variable.name for variable in kind.variables]
        assert len(names) == len(set(names))
        assert kind.needs <= set(names)
        assert all(isinstance(v.example, bool) == (v.role is Role.FLAG) for v in kind.variables)
