"""The short addresses of a tenant lead to one's own account, which asks for a sign-in first."""

from urllib.parse import quote

from litestar import Response, get

from tenantry.surfaces.kit.page_answers import AnyRequest, redirect


@get(["/t/{tenant:str}", "/t/{tenant:str}/account"], include_in_schema=False, status_code=303)
async def front_door(request: AnyRequest) -> Response[bytes]:
    return redirect(f"/t/{quote(request.path_params['tenant'], safe='')}/account/sessions")


ROUTES = [front_door]
