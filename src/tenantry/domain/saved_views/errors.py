"""What can be refused about saved views."""

from tenantry.domain.saved_views.model import MOST_OF_ONE_PERSON
from tenantry.kernel.errors import DomainError, Kind


class SavedViewNotFound(DomainError):
    """There is no view of this id, or it is the private one of somebody else."""

    def __init__(self, view_id: str) -> None:
        super().__init__(
            Kind.NOT_FOUND, "resource_not_found", "There is no such saved view.", {"id": view_id}
        )


class SavedViewNameTaken(DomainError):
    """The same person has another view of this list under this name."""

    def __init__(self) -> None:
        problem = "another view of this list already has this name"
        super().__init__(
            Kind.CONFLICT,
            "duplicate_resource",
            "Another view of this list already has this name.",
            {"name": problem},
        )


class TooManySavedViews(DomainError):
    """One person keeps no more views than `MOST_OF_ONE_PERSON`."""

    def __init__(self) -> None:
        problem = f"you have {MOST_OF_ONE_PERSON} saved views already; delete one first"
        super().__init__(Kind.CONFLICT, "too_many_saved_views", f"You{problem[3:]}.", {"name": problem})


class OnlyForPeople(DomainError):
    """A view belongs to a person; keys and the program itself keep none."""

    def __init__(self) -> None:
        super().__init__(
            Kind.FORBIDDEN, "permission_denied", "Only a person who is signed in can save a view."
        )
