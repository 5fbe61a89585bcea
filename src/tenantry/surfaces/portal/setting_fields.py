"""The settings as fields of a form, made from the Structs that check them: the right control, its words, and the way back."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

import msgspec
from msgspec import inspect

from tenantry.domain.tenants.defaults import EXPLAINED
from tenantry.domain.tenants.rules import defaults
from tenantry.surfaces.kit.audit_words import in_words
from tenantry.surfaces.kit.forms import Form
from tenantry.surfaces.kit.setting_sections import SECTIONS
from tenantry.surfaces.portal import setting_words as words

LONGEST_NUMBER = 20
LONGEST_LIST = 20_000
LENGTHS = ((1440, "day"), (60, "hour"))
_WHOLE = re.compile(r"[+-]?\d+")
_DECIMAL = re.compile(r"[+-]?\d+\.\d+")
# Settings of more than one word: the others could be words of the sentence.
_KEY = re.compile(r"\b[a-z]+(?:[A-Z][a-z]*)+\b")
_BETWEEN = re.compile(r"[\s,;]+")
Values = dict[str, Any]


class Kind(msgspec.Struct, frozen=True):
    """What one setting may be. `control` is switch, number, select, boxes, lines or text."""

    name: str
    section: str
    key: str
    control: str
    default: Any
    options: tuple[tuple[str, str], ...] = ()
    least: float | None = None
    most: float | None = None
    whole: bool = True

    @property
    def label(self) -> str:
        return words.LABELS.get(self.name, in_words(self.key))

    @property
    def help(self) -> str:
        explained = EXPLAINED.get(self.name)
        meaning = words.SHORT_WORDS.get(self.name, "" if explained is None else explained.meaning)
        return meaning.replace("`", "")

    @property
    def unit(self) -> str:
        named = (unit for end, unit in words.UNITS.items() if self.key.endswith(end))
        return words.UNITS_OF.get(self.name) or next(named, "")

    @property
    def range(self) -> str:
        """What numbers are allowed, in words."""
        if self.least is None or self.most is None:
            return ""
        return f"{self.least:,} to {self.most:,}"

    def in_words(self, value: Any) -> str:
        """A value of this setting as somebody reads it."""
        if self.control == "switch":
            return "On" if value else "Off"
        if self.control in ("boxes", "lines"):
            named = dict(self.options)
            return ", ".join(named.get(one, one) for one in value or ()) or "None"
        if self.control == "select":
            return dict(self.options).get(value, str(value))
        if self.control == "number" and value is not None:
            return self._number_in_words(value)
        return str(value) if value else "None"

    def typed(self, value: Any) -> str:
        """The value as it stands in a field of text."""
        if self.control == "lines":
            return "\n".join(value or ())
        return "" if value is None else str(value)

    def read(self, form: Form) -> Any:
        """What was chosen or typed; an emptied field is the default. A text that is no number stays one and is refused later."""
        if self.control == "switch":
            return form.ticked(self.name)
        if self.control == "boxes":
            return form.all(self.name)
        text = form.get(self.name).strip()
        if self.control == "lines":
            return [one for one in _BETWEEN.split(text[:LONGEST_LIST]) if one]
        if not text:
            return self.default
        return _number(text) if self.control == "number" else text

    def fault_in_words(self, problem: str) -> str:
        """What is wrong with a value, in words that fit the control."""
        if not problem.startswith(("expected", "invalid enum")):
            return problem
        if self.control == "number":
            return f"must be a {'whole number' if self.whole else 'number'} from {self.range}"
        if self.control in ("boxes", "lines") and ">=" in problem:
            return "must have at least one"
        if self.control in ("boxes", "lines") and "<=" in problem:
            return f"must have at most {problem.rpartition(' ')[2]}"
        return words.FORMS.get(self.name, "is none of what can be chosen here")

    def _number_in_words(self, value: float) -> str:
        if self.unit == words.MINUTES and self.least == -1 and value == -1:
            return "for ever"
        if self.unit == words.MINUTES and value:
            for size, name in LENGTHS:
                count, rest = divmod(value, size)
                if rest == 0 and count:
                    return f"{count:g} {name}{'s' if count != 1 else ''}"
        return f"{value:g} {self.unit}".strip()


def in_labels(section: str, problem: str) -> tuple[str, list[str]]:
    """What is wrong with a section as a whole, with each setting by its label, and the names of these settings."""
    named = {kind.key: kind for kind in kinds((section,))}
    found = [named[key] for key in dict.fromkeys(_KEY.findall(problem)) if key in named]
    for kind in found:
        problem = re.sub(rf"(?<!\w){re.escape(kind.key)}(?!\w)", f"“{kind.label}”", problem)
    return problem, [kind.name for kind in found]


@cache
def kinds(sections: tuple[str, ...]) -> tuple[Kind, ...]:
    """The settings of some sections, in the order in which they are declared."""
    return tuple(kind for section in sections for kind in _of(section, SECTIONS[section]))


def values_of(stored: Mapping[str, Mapping[str, Any]], sections: tuple[str, ...]) -> Values:
    """What every setting of the sections is, by its whole name; `stored` are the settings that differ from their defaults."""
    return {kind.name: stored.get(kind.section, {}).get(kind.key, kind.default) for kind in kinds(sections)}


def as_changes(differing: Values) -> dict[str, dict[str, Any]]:
    """Settings by their whole names, in the form in which they are changed."""
    changes: dict[str, dict[str, Any]] = {}
    for name, value in differing.items():
        section, _, key = name.partition(".")
        changes.setdefault(section, {})[key] = value
    return changes


def _of(section: str, struct: type) -> list[Kind]:
    preset = defaults(struct)
    info = inspect.type_info(struct)
    assert isinstance(info, inspect.StructType)
    return [_kind(section, field.encode_name, field.type, preset[field.encode_name]) for field in info.fields]


def _kind(section: str, key: str, kind: inspect.Type, default: Any) -> Kind:
    def made(control: str, **more: Any) -> Kind:
        return Kind(f"{section}.{key}", section, key, control, default, **more)

    match kind:
        case inspect.BoolType():
            return made("switch")
        case inspect.IntType() | inspect.FloatType():
            whole = isinstance(kind, inspect.IntType)
            return made("number", least=kind.ge, most=kind.le, whole=whole)
        case inspect.LiteralType():
            return made("select", options=_options(kind))
        case inspect.ListType(item_type=inspect.LiteralType() as item):
            return made("boxes", options=_options(item))
        case inspect.ListType():
            return made("lines")
        case _:
            return made("text")


def _options(kind: inspect.LiteralType) -> tuple[tuple[str, str], ...]:
    # The order of a Literal is lost on the way; that of the labels is the one to show.
    known = [str(value) for value in kind.values]
    ordered = [value for value in words.CHOICE_LABELS if value in known]
    ordered += [value for value in known if value not in words.CHOICE_LABELS]
    return tuple((value, words.CHOICE_LABELS.get(value, in_words(value))) for value in ordered)


def _number(text: str) -> int | float | str:
    if len(text) > LONGEST_NUMBER or not text.isascii():
        return text
    if _WHOLE.fullmatch(text):
        return int(text)
    return float(text) if _DECIMAL.fullmatch(text) else text
