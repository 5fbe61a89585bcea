"""Facts about views that are shared; private ones are nobody else's business.

`data` has `list`. What a view is called and looks for can name somebody, so `name` and `changes` are personal.
"""

from typing import ClassVar

from tenantry.kernel.events import Event


class SavedViewEvent(Event, frozen=True, kw_only=True):
    """Anything that happened to one shared view."""

    target_type: ClassVar[str] = "saved_view"


class SavedViewShared(SavedViewEvent, frozen=True, kw_only=True):
    """A view can be seen by everybody who sees its list."""

    type: ClassVar[str] = "saved_view.shared"


class SavedViewUnshared(SavedViewEvent, frozen=True, kw_only=True):
    """A view is its owner's alone again."""

    type: ClassVar[str] = "saved_view.unshared"


class SavedViewUpdated(SavedViewEvent, frozen=True, kw_only=True):
    """A shared view changed; `changes` has what was before and after."""

    type: ClassVar[str] = "saved_view.updated"


class SavedViewDeleted(SavedViewEvent, frozen=True, kw_only=True):
    """A shared view is gone."""

    type: ClassVar[str] = "saved_view.deleted"
