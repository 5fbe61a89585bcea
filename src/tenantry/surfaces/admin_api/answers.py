"""The answer to a POST that made something."""

from uuid import UUID

import msgspec

from tenantry.surfaces.kit.works import Answer, AnyRequest


def created(request: AnyRequest, new_id: UUID, view: msgspec.Struct, message: str) -> Answer:
    """201 with what was made, and where it stands from now on."""
    location = f"{request.url.path}/{new_id}"
    return Answer({"data": view, "message": message}, 201, {"Location": location})
