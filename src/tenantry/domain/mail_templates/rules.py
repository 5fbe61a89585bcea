"""What a tenant's text may hold: plain text, {{ variable }} and {% if variable %}...{% else %}...{% endif %}.

The text is parsed by Jinja2 and its syntax tree is walked before anything of it runs: nodes are allowed one by one, so what
nobody thought of is refused. It is then run in Jinja2's sandbox, with the variables of its kind as the only values.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from tenantry.domain.mail_templates.errors import Unusable
from tenantry.domain.mail_templates.html_places import check_html
from tenantry.domain.mail_templates.model import Medium, Role, TemplateKind, Texts
from tenantry.kernel import lazy
from tenantry.kernel.problems import FieldError, Problems, forbidden_character

LONGEST_SUBJECT = 200
LONGEST_TEXT = 20_000
LONGEST_SMS = 1000
LONGEST_HTML = 100_000
DEEPEST = 10
# What else a text can run into that was never checked.
FAULTS = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
ALLOWED = "only text, {{ variable }} and {% if variable %}...{% else %}...{% endif %} may stand here"


def check_texts(kind: TemplateKind, texts: Texts) -> Texts:
    """The texts, fit to be stored. Raises DomainError naming each part that is wrong, and the line."""
    problems = Problems()
    is_mail = kind.medium is Medium.EMAIL
    if is_mail and texts.subject is None:
        problems.add("subject", "is required")
    for field, text in (("subject", texts.subject), ("html", texts.html)):
        if not is_mail and text is not None:
            problems.add(field, "is no part of a text message")
    problems.attempt(_check, kind, "text", texts.text, LONGEST_TEXT if is_mail else LONGEST_SMS)
    if is_mail and texts.subject is not None:
        problems.attempt(_check, kind, "subject", texts.subject, LONGEST_SUBJECT)
    if is_mail and texts.html is not None:
        problems.attempt(_check, kind, "html", texts.html, LONGEST_HTML)
    problems.raise_if_any()
    return texts


def fill(source: str, values: Mapping[str, object], *, is_html: bool = False) -> str:
    """The text with its values, which are escaped in HTML; what is None is left empty. Raises Unusable."""
    library: Any = lazy.jinja2()
    shown = {name: "" if value is None else value for name, value in values.items()}
    try:
        filled: str = _environment(is_html).from_string(source).render(shown)
    except (library.TemplateError, *FAULTS) as error:
        raise Unusable(repr(error)) from error
    return filled


def line_of(text: str) -> str:
    """The text as one line, whatever white space came with the values."""
    return " ".join(text.split())


def _check(kind: TemplateKind, field: str, source: str, most: int) -> None:
    if len(source) > most:
        raise FieldError(field, f"must be at most {most} characters long")
    forbidden = forbidden_character(source, multiline=field != "subject")
    if forbidden is not None:
        raise FieldError(field, f"contains the character {forbidden}, which is not allowed")
    if not source.strip():
        raise FieldError(field, "must not be empty")
    tree = _parsed(field, source)
    walk = _Walk(kind, field)
    surely = walk.outputs(tree.body, 0)
    missing = sorted(kind.needs - surely) if field != "subject" else []
    if missing:
        needed = "{{ " + missing[0] + " }}"
        raise FieldError(field, f"must show {needed} in every case: without it the message is of no use")
    if field == "html":
        addresses = {v.name for v in kind.variables if v.role is Role.ADDRESS}
        check_html(field, _environment(True).lex(source), addresses)


def _parsed(field: str, source: str) -> Any:
    library: Any = lazy.jinja2()
    try:
        return _environment(False).parse(source)
    except library.TemplateSyntaxError as error:
        raise FieldError(field, f"line {error.lineno}: {error.message}") from error
    except RecursionError as error:
        raise FieldError(field, f"is nested too deeply; {ALLOWED}") from error


class _Walk:
    """Walks a syntax tree and refuses what is not allowed."""

    def __init__(self, kind: TemplateKind, field: str) -> None:
        self._variables = {variable.name: variable for variable in kind.variables}
        self._field = field
        self._nodes: Any = lazy.jinja2().nodes

    def outputs(self, nodes: Iterable[Any], depth: int) -> set[str]:
        """The variables that are shown whichever way the conditions go. Raises FieldError."""
        surely: set[str] = set()
        for node in nodes:
            if isinstance(node, self._nodes.Output):
                for part in node.nodes:
                    if not isinstance(part, self._nodes.TemplateData):
                        surely.add(self._variable(part, shown=True))
            elif isinstance(node, self._nodes.If):
                surely |= self._condition(node, depth + 1)
            else:
                raise self._refusal(node)
        return surely

    def _condition(self, node: Any, depth: int) -> set[str]:
        if depth > DEEPEST:
            raise FieldError(
                self._field, f"line {node.lineno}: conditions may stand {DEEPEST} deep in one another"
            )
        self._variable(node.test, shown=False)
        branches = [self.outputs(node.body, depth)]
        for other in node.elif_:
            self._variable(other.test, shown=False)
            branches.append(self.outputs(other.body, depth))
        branches.append(self.outputs(node.else_, depth))
        return set.intersection(*branches)

    def _variable(self, node: Any, *, shown: bool) -> str:
        if not isinstance(node, self._nodes.Name):
            raise self._refusal(node)
        name: str = node.name
        variable = self._variables.get(name)
        if variable is None:
            there = ", ".join(self._variables)
            problem = f"line {node.lineno}: there is no variable {name[:64]!r}; there are {there}"
            raise FieldError(self._field, problem)
        if shown and variable.role is Role.FLAG:
            problem = f"line {node.lineno}: {name} is yes or no; ask for it with {{% if {name} %}}"
            raise FieldError(self._field, problem)
        return name

    def _refusal(self, node: Any) -> FieldError:
        # Some nodes have no line, but something in them has.
        numbered = (part.lineno for part in (node, *node.find_all(self._nodes.Node)))
        line = next((number for number in numbered if number), 1)
        return FieldError(self._field, f"line {line}: {ALLOWED}")


@cache
def _environment(is_html: bool) -> Any:
    library: Any = lazy.jinja2()
    environment = lazy.jinja2_sandbox().ImmutableSandboxedEnvironment(
        autoescape=is_html, undefined=library.StrictUndefined, keep_trailing_newline=True
    )
    # Nothing but the values themselves can be named, should a text ever get here unchecked.
    environment.globals.clear()
    environment.filters.clear()
    environment.tests.clear()
    return environment
