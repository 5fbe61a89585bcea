-- Attempts to sign in, throttles that all server processes share, and sessions that end when they lie idle.

create table sign_in_attempts (
    tenant_id   uuid        not null default current_tenant(),
    id          uuid        not null,
    token_hash  bytea       not null,
    user_id     uuid,
    epoch       integer,
    identifier  text,
    remember    boolean     not null default false,
    next_path   text,
    method      text,
    created_at  timestamptz not null,
    expires_at  timestamptz not null,
    proven_at   timestamptz,
    ended_at    timestamptz,
    ip          inet,
    user_agent  text,
    primary key (tenant_id, id),
    constraint sign_in_attempts_token unique (tenant_id, token_hash),
    foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade
);

comment on table sign_in_attempts is 'Sign-ins under way: who has proven what so far. `user_id` is set once the password was right.';
comment on column sign_in_attempts.epoch is 'The credential epoch of the user when the password was right; a later change ends the attempt.';

create index sign_in_attempts_by_user on sign_in_attempts (tenant_id, user_id) where user_id is not null;
create index sign_in_attempts_by_expiry on sign_in_attempts (tenant_id, expires_at);
alter table sign_in_attempts enable row level security;
alter table sign_in_attempts force row level security;
create policy own_tenant on sign_in_attempts using (tenant_id = current_tenant());
create policy across_tenants on sign_in_attempts to tenantry_system using (true);
grant select, insert, update, delete on sign_in_attempts to tenantry_app;
grant select, delete on sign_in_attempts to tenantry_system;

-- Not logged: a crash may forget them, and they are written with every try.
create unlogged table throttles (
    tenant_id  uuid        not null default current_tenant(),
    scope      text        not null,
    key        bytea       not null,
    hits       integer     not null,
    window_end timestamptz not null,
    primary key (tenant_id, scope, key)
);

comment on table throttles is 'How often something was tried in the present window; `key` is a hash of an address or an identifier.';

create index throttles_by_end on throttles (tenant_id, window_end);
alter table throttles enable row level security;
alter table throttles force row level security;
create policy own_tenant on throttles using (tenant_id = current_tenant());
create policy across_tenants on throttles to tenantry_system using (true);
grant select, insert, update, delete on throttles to tenantry_app;
grant select, delete on throttles to tenantry_system;

alter table sessions add column remember boolean not null default false;
alter table sessions add column idle_seconds integer;
alter table sessions add column method text not null default 'password';

comment on column sessions.idle_seconds is 'Unseen for so long it ends; null is never.';

create index sessions_by_address on sessions (tenant_id, ip, id desc);

-- When a session was last seen is gathered by the processes and written for all tenants together.
grant update (last_seen_at) on sessions to tenantry_system;
grant select, update (last_seen_at) on user_activity to tenantry_system;
create policy across_tenants on user_activity to tenantry_system using (true);

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
        select array_agg(distinct p.slug)
        into found_permissions
        from (
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
        ) effective
        join public.role_permissions rp on rp.tenant_id = found_row.t_id and rp.role_id = effective.role_id
        join public.permissions p on p.tenant_id = found_row.t_id and p.id = rp.permission_id
        where p.is_system;
    end if;

    return query select found_row.t_id, found_row.t_slug, found_row.t_name, found_row.t_status, found_row.t_settings,
        found_row.s_id, found_row.u_id, found_row.u_label, coalesce(found_permissions, '{}');
end
$$;
