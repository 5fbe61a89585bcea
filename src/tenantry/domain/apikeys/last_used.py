"""When each API key was last used."""

from tenantry.kernel.moments import Moments


class LastUsed(Moments):
    """The uses of the keys, gathered and written together."""

    WHAT = "the last uses of keys"
    WRITE = """
        update api_keys k
        set last_used_at = s.at
        from unnest(%s::uuid[], %s::uuid[], %s::timestamptz[]) as s(tenant_id, id, at)
        where k.tenant_id = s.tenant_id
          and k.id = s.id
          and (k.last_used_at is null or k.last_used_at < s.at)
    """
