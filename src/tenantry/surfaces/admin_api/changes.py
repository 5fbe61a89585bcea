"""Bodies that change a resource: what changes and nothing else, or what GET answered with some of it changed.

What such a body shows but cannot change must be as it is, so that nobody believes to have changed it. What others move all the
time, such as a count, is not looked at.
"""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, TypeVar, cast

import msgspec

from tenantry.kernel.problems import FieldError, Problems
from tenantry.surfaces.admin_api.user_views import Named

S = TypeVar("S", bound=msgspec.Struct)
ReadOnly = Annotated[Any, msgspec.Meta(extra_json_schema={"readOnly": True})]
MOVING = {"lastLoginAt", "loginCount", "memberCount", "roleCount", "userCount", "groupCount"}
TAKES_BACK = (
    "Send only what changes. What GET answered is accepted back, with or without `data` around it; a read-only field in it must"
    " be unchanged."
)


class Linked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A role or a permission as GET shows it. The slug says which one is meant; the name must be its present one."""

    slug: str
    name: str | msgspec.UnsetType = msgspec.UNSET


def takes_back(view: type[msgspec.Struct]) -> Callable[[type[S]], type[S]]:
    """Makes a body accept every field of the view: those that it does not declare itself are read-only."""

    def widened(body: type[S]) -> type[S]:
        own = {field.encode_name for field in msgspec.structs.fields(body)}
        read_only = [
            (
                field.name,
                ReadOnly | msgspec.UnsetType,
                msgspec.field(default=msgspec.UNSET, name=field.encode_name),
            )
            for field in msgspec.structs.fields(view)
            if field.encode_name not in own
        ]
        made = msgspec.defstruct(
            body.__name__,
            read_only,
            bases=(body,),
            module=body.__module__,
            namespace={"__doc__": body.__doc__},
            kw_only=True,
        )
        return cast("type[S]", made)

    return widened


def refuse_changed(
    body: msgspec.Struct, view: msgspec.Struct, instead: Mapping[str, str] | None = None
) -> None:
    """Raises DomainError naming each read-only field that is not as the view has it; `instead` says how else to change one."""
    present = msgspec.json.decode(msgspec.json.encode(view))
    own = type(body).__mro__[1].__struct_fields__  # type: ignore[attr-defined]
    problems = Problems()
    for field in msgspec.structs.fields(body):
        name, sent = field.encode_name, getattr(body, field.name)
        looked_at = field.name not in own and name not in MOVING and sent is not msgspec.UNSET
        if looked_at and sent != present.get(name):
            problems.add(name, _read_only(name, instead or {}))
    problems.raise_if_any()


def carries(body: msgspec.Struct, field: str) -> bool:
    """Whether the body was sent with this read-only field."""
    return getattr(body, field, msgspec.UNSET) is not msgspec.UNSET


def refs(sent: list[str | Linked]) -> list[str]:
    """The ids and slugs in a list in which some stand as GET shows them."""
    return [one.slug if isinstance(one, Linked) else one for one in sent]


def named(shown: list[Named] | msgspec.Raw) -> list[Named]:
    """The roles or permissions that a view shows."""
    return msgspec.json.decode(shown, type=list[Named]) if isinstance(shown, msgspec.Raw) else shown


def refuse_renamed(field: str, sent: list[str | Linked], shown: list[Named] | msgspec.Raw) -> None:
    """Raises FieldError for a name that is not the one which `shown` has; a name is changed where its bearer lives."""
    names = {row.slug: row.name for row in named(shown)}
    for one in sent:
        if isinstance(one, Linked) and one.name not in (msgspec.UNSET, names.get(one.slug)):
            raise FieldError(
                field, f"the name of {one.slug} is read-only here, or has changed since you read it"
            )


def _read_only(name: str, instead: Mapping[str, str]) -> str:
    problem = "is read-only here, or has changed since you read it"
    return f"{problem}; to change it use {instead[name]}" if name in instead else problem
