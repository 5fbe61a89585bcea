-- Groups, roles, permissions, API keys, and the function that opens a unit of work.

create table groups (
    tenant_id   uuid        not null default current_tenant() references tenants (id),
    id          uuid        not null,
    slug        text        not null collate "C",
    name        text        not null,
    description text,
    created_at  timestamptz not null,
    updated_at  timestamptz not null,
    primary key (tenant_id, id),
    constraint groups_slug unique (tenant_id, slug)
);

create table group_members (
    tenant_id uuid        not null default current_tenant(),
    group_id  uuid        not null,
    user_id   uuid        not null,
    added_at  timestamptz not null,
    primary key (tenant_id, group_id, user_id),
    foreign key (tenant_id, group_id) references groups (tenant_id, id) on delete cascade,
    foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade
);

create index group_members_by_user on group_members (tenant_id, user_id, group_id);

create table roles (
    tenant_id   uuid        not null default current_tenant() references tenants (id),
    id          uuid        not null,
    slug        text        not null collate "C",
    name        text        not null,
    description text,
    is_system   boolean     not null default false,
    created_at  timestamptz not null,
    updated_at  timestamptz not null,
    primary key (tenant_id, id),
    constraint roles_slug unique (tenant_id, slug)
);

create table permissions (
    tenant_id   uuid        not null default current_tenant() references tenants (id),
    id          uuid        not null,
    slug        text        not null collate "C",
    name        text        not null,
    description text,
    category    text,
    is_system   boolean     not null default false,
    created_at  timestamptz not null,
    updated_at  timestamptz not null,
    primary key (tenant_id, id),
    constraint permissions_slug unique (tenant_id, slug)
);

create table role_permissions (
    tenant_id     uuid not null default current_tenant(),
    role_id       uuid not null,
    permission_id uuid not null,
    primary key (tenant_id, role_id, permission_id),
    foreign key (tenant_id, role_id) references roles (tenant_id, id) on delete cascade,
    foreign key (tenant_id, permission_id) references permissions (tenant_id, id) on delete cascade
);

create index role_permissions_by_permission on role_permissions (tenant_id, permission_id, role_id);

create table user_roles (
    tenant_id uuid        not null default current_tenant(),
    user_id   uuid        not null,
    role_id   uuid        not null,
    added_at  timestamptz not null,
    primary key (tenant_id, user_id, role_id),
    foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade,
    foreign key (tenant_id, role_id) references roles (tenant_id, id) on delete cascade
);

create index user_roles_by_role on user_roles (tenant_id, role_id, user_id);

create table group_roles (
    tenant_id uuid        not null default current_tenant(),
    group_id  uuid        not null,
    role_id   uuid        not null,
    added_at  timestamptz not null,
    primary key (tenant_id, group_id, role_id),
    foreign key (tenant_id, group_id) references groups (tenant_id, id) on delete cascade,
    foreign key (tenant_id, role_id) references roles (tenant_id, id) on delete cascade
);

create index group_roles_by_role on group_roles (tenant_id, role_id, group_id);

create table api_keys (
    tenant_id    uuid        not null default current_tenant() references tenants (id),
    id           uuid        not null,
    name         text        not null,
    key_hash     bytea       not null,
    hint         text        not null,
    scopes       text[]      not null,
    read_rate    integer,
    write_rate   integer,
    created_at   timestamptz not null,
    created_by   uuid,
    expires_at   timestamptz,
    revoked_at   timestamptz,
    last_used_at timestamptz,
    primary key (tenant_id, id),
    constraint api_keys_hash unique (tenant_id, key_hash)
);

comment on column api_keys.hint is 'The first characters of the key, by which a person recognises it.';
comment on column api_keys.read_rate is 'Reads a minute; null means the default.';

do $$
declare
    t text;
begin
    foreach t in array array['groups', 'group_members', 'roles', 'permissions', 'role_permissions', 'user_roles',
                             'group_roles', 'api_keys'] loop
        execute format('alter table %I enable row level security', t);
        execute format('alter table %I force row level security', t);
        execute format('create policy own_tenant on %I using (tenant_id = current_tenant())', t);
        execute format('grant select, insert, update, delete on %I to tenantry_app', t);
    end loop;
end
$$;

-- What a role, and so membership of a group, hands out of the management API: the system permissions in it, and `*` for the two
-- roles that may do everything. Custom permissions mean nothing to this server, so they stand in neither view.

create view role_grants with (security_invoker = true) as
select r.tenant_id, r.id as role_id, r.slug, r.name,
       array(
           select p.slug::text
           from role_permissions rp
           join permissions p on p.tenant_id = rp.tenant_id and p.id = rp.permission_id
           where rp.tenant_id = r.tenant_id
             and rp.role_id = r.id
             and p.is_system)
       || case when r.is_system and r.slug in ('admin', 'tenant_admin') then array['*'] else '{}'::text[] end as permissions
from roles r;

create view group_grants with (security_invoker = true) as
select gr.tenant_id, gr.group_id, rg.role_id, rg.slug, rg.name, rg.permissions
from group_roles gr
join role_grants rg on rg.tenant_id = gr.tenant_id and rg.role_id = gr.role_id;

grant select on role_grants, group_grants to tenantry_app;

create policy opening on api_keys for select to tenantry_definer using (true);
grant select on api_keys to tenantry_definer;
create policy across_tenants on api_keys to tenantry_system using (true);
grant select, update (last_used_at) on api_keys to tenantry_system;

-- Opening: one statement looks the tenant and the key up and sets the tenant, but only for a key that is good. Whatever tenant
-- the connection carried before is gone in every case.

create function open_by_key(p_slug text, p_key_hash bytea, p_for_transaction boolean)
returns table (
    tenant_id uuid, slug text, name text, status text, settings jsonb,
    key_id uuid, key_name text, scopes text[], key_state text, read_rate integer, write_rate integer
)
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
as $$
#variable_conflict use_column
declare
    found_row record;
begin
    select t.id as t_id, t.slug as t_slug, t.name as t_name, t.status as t_status, t.settings as t_settings,
           k.id as k_id, k.name as k_name, k.scopes as k_scopes, k.read_rate as k_read, k.write_rate as k_write,
           case
               when k.id is null then 'unknown'
               when k.revoked_at is not null then 'revoked'
               when k.expires_at <= clock_timestamp() then 'expired'
               else 'good'
           end as k_state
    into found_row
    from public.tenants t
    left join public.api_keys k on k.tenant_id = t.id and k.key_hash = p_key_hash
    where t.slug = p_slug;

    if not found then
        perform set_config('app.tenant', '', p_for_transaction);
        return;
    end if;

    perform set_config(
        'app.tenant',
        case when found_row.k_state = 'good' and found_row.t_status = 'active' then found_row.t_id::text else '' end,
        p_for_transaction);
    return query select found_row.t_id, found_row.t_slug, found_row.t_name, found_row.t_status, found_row.t_settings,
        found_row.k_id, found_row.k_name, found_row.k_scopes, found_row.k_state, found_row.k_read, found_row.k_write;
end
$$;

create function open_tenant(p_id uuid, p_slug text, p_for_transaction boolean)
returns table (tenant_id uuid, slug text, name text, status text, settings jsonb)
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
as $$
#variable_conflict use_column
begin
    return query
    select t.id, t.slug, t.name, t.status, t.settings
    from public.tenants t
    where t.id = p_id or t.slug = p_slug;
    perform set_config(
        'app.tenant',
        coalesce((select t.id::text from public.tenants t where t.id = p_id or t.slug = p_slug), ''),
        p_for_transaction);
end
$$;

alter function open_by_key(text, bytea, boolean) owner to tenantry_definer;
alter function open_tenant(uuid, text, boolean) owner to tenantry_definer;
revoke execute on function open_by_key(text, bytea, boolean) from public;
revoke execute on function open_tenant(uuid, text, boolean) from public;
grant execute on function open_by_key(text, bytea, boolean) to tenantry_app;
grant execute on function open_tenant(uuid, text, boolean) to tenantry_app;
