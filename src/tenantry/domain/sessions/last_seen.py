"""When each session was last seen: by it a session ends that lies idle, and its owner knows it again in a list."""

from tenantry.kernel.moments import Moments


class LastSeen(Moments):
    """The requests of sessions, gathered and written together; so an idle session may end some seconds early, never late."""

    WHAT = "when sessions were last seen"
    # Sorted, so that two processes never wait for each other's rows.
    WRITE = """
        with seen as (
            update sessions x
            set last_seen_at = s.at
            from (
                select *
                from unnest(%s::uuid[], %s::uuid[], %s::timestamptz[]) as given(tenant_id, id, at)
                order by tenant_id, id) s
            where x.tenant_id = s.tenant_id
              and x.id = s.id
              and x.last_seen_at < s.at
            returning x.tenant_id, x.user_id, s.at
        )
        update user_activity a
        set last_seen_at = latest.at
        from (
            select tenant_id, user_id, max(at) as at
            from seen
            group by tenant_id, user_id) latest
        where a.tenant_id = latest.tenant_id
          and a.user_id = latest.user_id
          and (a.last_seen_at is null or a.last_seen_at < latest.at)
    """
