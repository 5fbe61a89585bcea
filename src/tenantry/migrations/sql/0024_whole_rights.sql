-- Whoever holds one of the two roles that may do everything acts with `*` when signed in, as the view role_grants says it: so they
-- can give these roles to others, and make a key that may do everything.
grant select on roles to tenantry_definer;

create or replace function open_by_session(p_slug text, p_token_hash bytea, p_now timestamptz, p_for_transaction boolean)
returns table (
    tenant_id uuid, slug text, name text, status text, settings jsonb,
    session_id uuid, user_id uuid, user_label text, held text[]
)
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
as $$
#variable_conflict use_column
declare
    found_row record;
    found_permissions text[];
begin
    perform set_config('app.tenant', '', p_for_transaction);
    select t.id as t_id, t.slug as t_slug, t.name as t_name, t.status as t_status, t.settings as t_settings,
           s.id as s_id, u.id as u_id, coalesce(u.email, u.username, u.phone) as u_label
    into found_row
    from public.tenants t
    left join (
        public.sessions s
        join public.users u
            on u.tenant_id = s.tenant_id
            and u.id = s.user_id
            and u.credential_epoch = s.epoch
            and u.deleted_at is null
            and not u.blocked
            and not u.disabled
            and not (u.locked and (u.locked_until is null or u.locked_until > p_now))
            and (u.valid_until is null or u.valid_until > p_now))
        on s.tenant_id = t.id
        and s.token_hash = p_token_hash
        and s.expires_at > p_now
        and (s.idle_seconds is null or s.last_seen_at + make_interval(secs => s.idle_seconds) > p_now)
    where t.slug = p_slug;

    if not found then
        return;
    end if;

    -- The tenant stands before the permissions are read, so that its policy guards that read as well.
    if found_row.s_id is not null and found_row.t_status = 'active' then
        perform set_config('app.tenant', found_row.t_id::text, p_for_transaction);
        with effective as (
            select ur.role_id
            from public.user_roles ur
            where ur.tenant_id = found_row.t_id
              and ur.user_id = found_row.u_id
            union
            select gr.role_id
            from public.group_members m
            join public.group_roles gr on gr.tenant_id = m.tenant_id and gr.group_id = m.group_id
            where m.tenant_id = found_row.t_id
              and m.user_id = found_row.u_id
        )
        select array_agg(granted.name)
        into found_permissions
        from (
            select p.slug::text as name
            from effective
            join public.role_permissions rp on rp.tenant_id = found_row.t_id and rp.role_id = effective.role_id
            join public.permissions p on p.tenant_id = found_row.t_id and p.id = rp.permission_id
            where p.is_system
            union
            select '*'
            from effective
            join public.roles r on r.tenant_id = found_row.t_id and r.id = effective.role_id
            where r.is_system
              and r.slug in ('admin', 'tenant_admin')
        ) granted;
    end if;

    return query select found_row.t_id, found_row.t_slug, found_row.t_name, found_row.t_status, found_row.t_settings,
        found_row.s_id, found_row.u_id, found_row.u_label, coalesce(found_permissions, '{}');
end
$$;
