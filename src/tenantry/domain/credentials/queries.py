"""Reading what a new password is judged by. No hash ever leaves the domain."""

from uuid import UUID

from tenantry.domain.credentials.model import SECTION, PasswordRules
from tenantry.domain.credentials.policy import PasswordPolicy
from tenantry.domain.tenants.rules import section
from tenantry.domain.users import permissions
from tenantry.kernel.work import ReadWork


async def get_password_rules(work: ReadWork, user_id: UUID | None) -> PasswordRules:
    """The rules for a new password of this user; without a user those for a first one."""
    work.require(permissions.CREATE if user_id is None else permissions.UPDATE)
    policy = section(work.tenant, SECTION, PasswordPolicy)
    if user_id is None or policy.history_count == 0:
        return PasswordRules(policy)
    rows = await work.db.all(
        """
        select hash
        from (
            select hash, 'present' as place
            from password_credentials
            where user_id = %(user)s
            union all
            select hash, id::text
            from password_history
            where user_id = %(user)s
        ) known
        group by hash
        order by max(place collate "C") desc
        limit %(most)s
        """,
        {"user": user_id, "most": policy.history_count},
    )
    return PasswordRules(policy, tuple(row[0] for row in rows))
