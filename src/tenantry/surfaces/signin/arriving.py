"""What the pages have in common on which people come to their account: the password field's words, and the first sign-in."""

import msgspec
from litestar import Response

from tenantry.domain.credentials.checks import demands, words_of_new
from tenantry.domain.credentials.errors import PasswordRefused
from tenantry.domain.credentials.model import PasswordRules
from tenantry.domain.login.actions import sign_in
from tenantry.domain.login.model import METHOD_PASSWORD, Progress, Step
from tenantry.domain.login.opening import opening_for
from tenantry.domain.login.rules import facts_of, next_step
from tenantry.domain.provisioning.model import PreparedPerson
from tenantry.domain.users.model import User
from tenantry.kernel.errors import DomainError
from tenantry.surfaces.kit.page_answers import AnyRequest, redirect
from tenantry.surfaces.kit.sentences import sentence
from tenantry.surfaces.kit.services import services
from tenantry.surfaces.kit.visitors import visitor_of
from tenantry.surfaces.signin.going_on import answer_progress


class Faults(msgspec.Struct):
    """What is wrong with a form: for each field the lines that stand under it."""

    of: dict[str, list[str]] = msgspec.field(default_factory=dict)

    def add(self, refusal: DomainError) -> None:
        """Notes the fields that a refusal names."""
        for field, problem in refusal.fields.items():
            self.of.setdefault(field, []).append(sentence(problem))

    def under(self, field: str) -> list[str]:
        return self.of.get(field, [])


def policy_words(rules: PasswordRules) -> dict[str, object]:
    """What the field of a new password says of the tenant's rules."""
    policy = rules.policy
    return {"rules": demands(policy), "shortest": policy.min_length, "longest": policy.max_length}


async def judge_password(
    request: AnyRequest, rules: PasswordRules, prepared: PreparedPerson, tenant_name: str, password: str
) -> list[str]:
    """What the tenant's rules have against a first password, in a line each; call it outside a unit of work."""
    try:
        await services(request).passwords.check_change(
            rules, password, words_of_new(prepared.clean, tenant_name)
        )
    except PasswordRefused as refusal:
        return [sentence(one.message) for one in refusal.broken]
    return []


async def answer_arrival(request: AnyRequest, user: User) -> Response[bytes]:
    """Signs the new user in and sends them on; to the sign-in page where a further step, or a state, stands before that."""
    visitor = visitor_of(request)
    try:
        async with services(request).works.write(opening_for(visitor, user), visitor.request_id) as work:
            if next_step(facts_of(work.tenant, user)) is Step.DONE:
                signed_in = await sign_in(
                    work, user, visitor.caller(), remember=False, method=METHOD_PASSWORD
                )
                return answer_progress(request, Progress(step=Step.DONE, signed_in=signed_in))
    except DomainError:
        # The account is there; whoever signs in is told what keeps them out.
        pass
    return redirect(f"/t/{visitor.slug}/login?told=welcome")
