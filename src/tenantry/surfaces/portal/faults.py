"""What is wrong with a form, as lines under its fields."""

from collections.abc import Awaitable, Callable, Collection
from typing import TypeVar

import msgspec

from tenantry.kernel.errors import DomainError, Kind
from tenantry.kernel.work import Work
from tenantry.surfaces.kit.forms import Form
from tenantry.surfaces.kit.page_answers import REFUSALS, AnyRequest
from tenantry.surfaces.kit.sentences import sentence
from tenantry.surfaces.portal.frame import form_of, submit

T = TypeVar("T")
POINTERS = ("userId", "invitationId")
"""Parts of a refusal that lead to what stands in the way, and say nothing."""
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
        shown = {name: field for name in refusal.fields if (field := self._field_of(name))}
        if refusal.kind in NO_FAULT_OF_A_FORM or (refusal.kind is Kind.FORBIDDEN and not shown):
            raise refusal
        if not shown:
            self.on_top.append(refusal.message)
        for name, text in refusal.fields.items():
            if name in POINTERS:
                continue
            # Of a refused password each broken rule is named as well, which says more.
            if any(other.startswith(f"{name}.") for other in refusal.fields):
                continue
            if name in shown:
                self.note(shown[name], _placed(name, shown[name]) + text)
            elif shown:
                self.on_top.append(sentence(f"{name} {text}"))

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
        return next((part for part in _beginnings(name) if part in self._fields), "")


class Refused(msgspec.Struct, frozen=True):
    """A form that was refused: what was sent, what is wrong with it, the status of the page that says so, and the refusal."""

    form: Form
    faults: Faults
    status: int
    why: DomainError


async def taken(
    request: AnyRequest, do: Callable[[Work, Form], Awaitable[T]], fields: Collection[str]
) -> T | Refused:
    """Takes a form as `submit` does. A refusal that is a matter of the form is given back, any other is raised."""
    try:
        return await submit(request, do)
    except DomainError as refusal:
        faults = Faults(fields)
        faults.add(refusal)
        return Refused(await form_of(request), faults, REFUSALS[refusal.kind][0], refusal)


def _beginnings(name: str) -> list[str]:
    """The name, and each part of a path that it begins with: of `customData.plan[3]` also `customData`."""
    parts = name.replace("[", ".[").split(".")
    return [".".join(parts[:end]).replace(".[", "[") for end in range(len(parts), 0, -1)]


def _placed(name: str, field: str) -> str:
    """Where in the field the fault is, if not the whole of it is meant; the rules of a password name themselves."""
    return "" if field in (name, "password") else f"At {name.removeprefix(field).lstrip('.')}: "
