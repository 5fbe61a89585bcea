"""The parameters of the list of invitations, as every surface takes them from an address."""

from typing import Annotated

import msgspec

from tenantry.domain.invitations.model import InvitationState
from tenantry.kernel.criteria import AllOf, Compare, Node, Op
from tenantry.kernel.errors import DomainError, Kind
from tenantry.surfaces.kit.search_query import SearchQuery, one_of

STATES = tuple(state.value for state in InvitationState)


class InvitationQuery(SearchQuery, kw_only=True, rename="camel"):
    """Search in addresses and names, the filters, and the order: `createdAt` (the default), `email` or `expiresAt`."""

    state: Annotated[
        str | None, one_of(*STATES, description="Where the invitation stands; exactly one state holds.")
    ] = None
    email: Annotated[str | None, msgspec.Meta(description="The address that was invited, as a whole.")] = None
    sort_by: Annotated[str, one_of("createdAt", "email", "expiresAt")] = "createdAt"

    def where(self) -> Node:
        """The filters as a condition. Raises DomainError for a state that there is not."""
        if self.state is not None and self.state not in STATES:
            problem = f"must be one of {', '.join(STATES)}"
            raise DomainError(Kind.INVALID, "validation_error", f"state {problem}.", {"state": problem})
        filters = (("state", self.state), ("email", self.email))
        return AllOf(tuple(Compare(name, Op.EQ, value) for name, value in filters if value is not None))
