"""What is wrong with a form, as lines under its fields."""

import re
from collections.abc import Collection

from tenantry.kernel.errors import DomainError, Kind

NO_FAULT_OF_A_FORM = (Kind.UNAUTHENTICATED, Kind.NOT_FOUND)


class Faults:
    """The faults of a form by field, and what concerns it as a whole. `fields` are those that the page shows lines under."""

    def __init__(self, fields: Collection[str]) -> None:
        self._fields = frozenset(fields)
        self._of: dict[str, list[str]] = {}
        self.on_top: list[str] = []

    def add(self, refusal: DomainError) -> None:
        """Notes what a refusal names. Raises it anew where it is no matter of the form: the session has ended, the person may not
        do this at all, or there is nothing to do it with."""
        shown = {name: text for name, text in refusal.fields.items() if self._field_of(name)}
        if refusal.kind in NO_FAULT_OF_A_FORM or (refusal.kind is Kind.FORBIDDEN and not shown):
            raise refusal
        if not shown:
            self.on_top.append(refusal.message)
        for name, text in shown.items():
            # Of a refused password each broken rule is named as well, which says more.
            if not any(other.startswith(f"{name}.") for other in shown):
                self.note(self._field_of(name), text)

    def note(self, field: str, text: str) -> None:
        """One more line under a field."""
        self._of.setdefault(field, []).append(sentence(text))

    def replace(self, field: str, text: str) -> None:
        """Says something else under a field than was said so far."""
        self._of[field] = [sentence(text)]

    def under(self, field: str) -> list[str]:
        """The lines under a field, as templates ask for them."""
        return self._of.get(field, [])

    def __bool__(self) -> bool:
        return bool(self._of or self.on_top)

    def _field_of(self, name: str) -> str:
        """The field that a name belongs to, such as `customData` for `customData.plan[2]`; nothing where there is none."""
        first = re.split(r"[.\[]", name, maxsplit=1)[0]
        return first if first in self._fields else ""


def sentence(text: str) -> str:
    """A problem with a capital letter in front and a full stop behind."""
    shown = text[:1].upper() + text[1:]
    return shown if shown.endswith((".", "?", "!")) else f"{shown}."
