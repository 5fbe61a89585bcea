"""Forms with files, as browsers send them (multipart/form-data, RFC 7578)."""

import msgspec
from litestar.datastructures import UploadFile

from tenantry.kernel.errors import DomainError, Kind
from tenantry.surfaces.kit.forms import Form
from tenantry.surfaces.kit.page_answers import AnyRequest


class Upload(msgspec.Struct, frozen=True):
    """The fields of a form, and the content of its files by field; a file that was not chosen, or is empty, is not there."""

    form: Form
    files: dict[str, bytes]


async def decode_upload(request: AnyRequest) -> Upload:
    """The form that was sent, with or without files. Raises DomainError INVALID for what cannot be read as one."""
    try:
        sent = await request.form()
    except (UnicodeError, LookupError, ValueError) as error:
        problem = "cannot be read as a form"
        raise DomainError(
            Kind.INVALID, "invalid_request", f"The request {problem}.", {"body": problem}
        ) from error
    pairs: list[tuple[str, str]] = []
    files: dict[str, bytes] = {}
    for name, value in sent.multi_items():
        if isinstance(value, UploadFile):
            content = await value.read()
            await value.close()
            if content:
                files[name] = content
        else:
            pairs.append((name, value))
    return Upload(Form(pairs), files)
