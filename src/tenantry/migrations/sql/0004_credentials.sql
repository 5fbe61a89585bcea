-- Passwords, factors, sessions and one-time tokens.

create table password_credentials (
    tenant_id  uuid        not null default current_tenant(),
    user_id    uuid        not null,
    hash       text        not null,
    set_at     timestamptz not null,
    temporary  boolean     not null default false,
    primary key (tenant_id, user_id),
    foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade
);

create table password_history (
    tenant_id  uuid        not null default current_tenant(),
    user_id    uuid        not null,
    id         uuid        not null,
    hash       text        not null,
    set_at     timestamptz not null,
    primary key (tenant_id, user_id, id),
    foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade
);

create table factors (
    tenant_id    uuid        not null default current_tenant(),
    id           uuid        not null,
    user_id      uuid        not null,
    kind         text        not null check (kind in ('totp', 'sms_otp', 'email_otp', 'passkey', 'backup_codes')),
    name         text,
    secret       bytea,
    created_at   timestamptz not null,
    last_used_at timestamptz,
    primary key (tenant_id, id),
    foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade
);

create index factors_by_user on factors (tenant_id, user_id);

create table sessions (
    tenant_id    uuid        not null default current_tenant(),
    id           uuid        not null,
    user_id      uuid        not null,
    token_hash   bytea       not null,
    epoch        integer     not null,
    created_at   timestamptz not null,
    last_seen_at timestamptz not null,
    expires_at   timestamptz not null,
    ip           inet,
    user_agent   text,
    primary key (tenant_id, id),
    constraint sessions_token unique (tenant_id, token_hash),
    foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade
);

comment on column sessions.epoch is 'The credential epoch of the user when the session began; an older one is dead.';

create index sessions_by_user on sessions (tenant_id, user_id, id desc);
create index sessions_by_expiry on sessions (tenant_id, expires_at);

create table recovery_codes (
    tenant_id  uuid        not null default current_tenant(),
    id         uuid        not null,
    user_id    uuid        not null,
    purpose    text        not null check (purpose in ('password_reset', 'password_setup')),
    token_hash bytea       not null,
    sent_to    text        collate "C",
    epoch      integer     not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    used_at    timestamptz,
    revoked_at timestamptz,
    primary key (tenant_id, id),
    constraint recovery_codes_token unique (tenant_id, token_hash),
    foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade
);

comment on table recovery_codes is 'Single-use links by which a person sets a password; only the hash of the token is here.';
comment on column recovery_codes.sent_to is 'The normalised address of the user when the link was made; the link dies when it changes.';
comment on column recovery_codes.epoch is 'The credential epoch of the user when the link was made; the link dies when it moves.';

create index recovery_codes_by_user on recovery_codes (tenant_id, user_id, purpose, id desc);
create index recovery_codes_by_expiry on recovery_codes (tenant_id, expires_at);

do $$
declare
    t text;
begin
    foreach t in array array['password_credentials', 'password_history', 'factors', 'sessions', 'recovery_codes'] loop
        execute format('alter table %I enable row level security', t);
        execute format('alter table %I force row level security', t);
        execute format('create policy own_tenant on %I using (tenant_id = current_tenant())', t);
        execute format('grant select, insert, update, delete on %I to tenantry_app', t);
    end loop;
    foreach t in array array['sessions', 'recovery_codes'] loop
        execute format('create policy across_tenants on %I to tenantry_system using (true)', t);
        execute format('grant select, delete on %I to tenantry_system', t);
    end loop;
end
$$;

-- Opening by session: one statement decides whether the session is alive and sets the tenant, but only for a live one. Block,
-- lock, disable, delete and every new password raise the user's epoch, so nothing has to be deleted for a session to end.

create policy opening on sessions for select to tenantry_definer using (true);
grant select on sessions, user_roles, group_members, group_roles, role_permissions, permissions to tenantry_definer;

create function open_by_session(p_slug text, p_token_hash bytea, p_now timestamptz, p_for_transaction boolean)
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
            and not (u.locked and (u.locked_until is null or u.locked_until > p_now)))
        on s.tenant_id = t.id
        and s.token_hash = p_token_hash
        and s.expires_at > p_now
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

alter function open_by_session(text, bytea, timestamptz, boolean) owner to tenantry_definer;
revoke execute on function open_by_session(text, bytea, timestamptz, boolean) from public;
grant execute on function open_by_session(text, bytea, timestamptz, boolean) to tenantry_app;
