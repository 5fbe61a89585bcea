-- Tenants and the people in them.

create table tenants (
    id         uuid        primary key default current_tenant(),
    slug       text        not null collate "C" unique,
    name       text        not null,
    status     text        not null default 'active' check (status in ('active', 'suspended')),
    settings   jsonb       not null default '{}',
    version    integer     not null default 1,
    created_at timestamptz not null,
    updated_at timestamptz not null
);

comment on table tenants is 'One row for each tenant; `settings` holds only what differs from the defaults.';

alter table tenants enable row level security;
alter table tenants force row level security;
create policy own_tenant on tenants using (id = current_tenant());
create policy across_tenants on tenants to tenantry_system using (true);
create policy opening on tenants for select to tenantry_definer using (true);
grant select, insert, update on tenants to tenantry_app;
grant select, update on tenants to tenantry_system;
grant select on tenants to tenantry_definer;

create table users (
    tenant_id            uuid        not null default current_tenant() references tenants (id),
    id                   uuid        not null,
    kind                 text        not null default 'person' check (kind in ('person', 'service')),
    email                text,
    email_key            text        collate "C",
    email_verified       boolean     not null default false,
    phone                text        collate "C",
    phone_verified       boolean     not null default false,
    username             text,
    username_key         text        collate "C",
    name                 text,
    given_name           text,
    family_name          text,
    picture              text,
    locale               text,
    zoneinfo             text,
    profile              jsonb       not null default '{}',
    custom_data          jsonb       not null default '{}',
    blocked              boolean     not null default false,
    locked               boolean     not null default false,
    locked_until         timestamptz,
    disabled             boolean     not null default false,
    state_notes          jsonb       not null default '{}',
    password_pending     text        check (password_pending in ('initial_setup', 'reset')),
    phone_pending        boolean     not null default false,
    must_change_password boolean     not null default false,
    must_enrol_mfa       boolean     not null default false,
    mfa_enabled          boolean     not null default false,
    application_id       uuid,
    credential_epoch     integer     not null default 0,
    created_at           timestamptz not null,
    updated_at           timestamptz not null,
    deleted_at           timestamptz,
    version              integer     not null default 1,
    name_key             text        collate "C" not null
                         generated always as (lower(coalesce(name, ''))) stored,
    search_text          text        collate "C" not null
                         generated always as (lower(
                             coalesce(name, '') || ' ' || coalesce(email_key, '') || ' '
                             || coalesce(username, '') || ' ' || coalesce(phone, ''))) stored,
    primary key (tenant_id, id),
    constraint users_one_identifier check (email is not null or phone is not null or username is not null)
);

comment on column users.version is 'Moves with every change that the user object shows; it is the ETag.';
comment on column users.credential_epoch is 'Every session carries the epoch of its start; raising it ends them all.';

create unique index users_email_key on users (tenant_id, email_key);
create unique index users_username_key on users (tenant_id, username_key) where username_key is not null;
create unique index users_phone_key on users (tenant_id, phone) where phone is not null;
-- CASE, where COALESCE would be shorter: under a policy the planner does not trust COALESCE to leak nothing.
create index users_by_email on users (tenant_id, (case when email_key is null then '' else email_key end), id);
create index users_by_name on users (tenant_id, name_key, id);
-- Rows lie in the order of their creation, so a summary of each block range finds a time at almost no cost.
create index users_by_creation on users using brin (tenant_id, created_at);
create index users_by_update on users (tenant_id, updated_at, id);
create index users_search on users using gin (tenant_id, search_text gin_trgm_ops);
create index users_blocked on users (tenant_id, id) where blocked;
create index users_locked on users (tenant_id, id) where locked;
create index users_disabled on users (tenant_id, id) where disabled;
create index users_password_pending on users (tenant_id, password_pending, id) where password_pending is not null;
create index users_phone_pending on users (tenant_id, id) where phone_pending;
create index users_email_unverified on users (tenant_id, id) where not email_verified;
create index users_deleted on users (tenant_id, deleted_at, id) where deleted_at is not null;

alter table users enable row level security;
alter table users force row level security;
create policy own_tenant on users using (tenant_id = current_tenant());
create policy finding on users for select to tenantry_definer using (true);
grant select, insert, update, delete on users to tenantry_app;
grant select on users to tenantry_definer;

create table user_activity (
    tenant_id     uuid        not null default current_tenant(),
    user_id       uuid        not null,
    last_login_at timestamptz,
    last_seen_at  timestamptz,
    login_count   integer     not null default 0,
    primary key (tenant_id, user_id),
    foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade
);

comment on table user_activity is 'What a person does, apart from who they are: it never moves the version of the user.';

create index user_activity_by_login on user_activity
    (tenant_id, (case when last_login_at is null then timestamptz '1970-01-01 00:00:00+00' else last_login_at end), user_id);
alter table user_activity enable row level security;
alter table user_activity force row level security;
create policy own_tenant on user_activity using (tenant_id = current_tenant());
grant select, insert, update, delete on user_activity to tenantry_app;

-- Exact totals. A single counter row for each tenant would queue all creates behind one lock, so statements leave deltas and
-- a job folds them.

create table user_counts (
    tenant_id uuid   primary key default current_tenant() references tenants (id),
    total     bigint not null
);

create table user_count_deltas (
    tenant_id uuid    not null default current_tenant(),
    id        bigint  generated always as identity,
    delta     integer not null,
    primary key (tenant_id, id)
);

alter table user_counts enable row level security;
alter table user_counts force row level security;
alter table user_count_deltas enable row level security;
alter table user_count_deltas force row level security;
create policy own_tenant on user_counts using (tenant_id = current_tenant());
create policy across_tenants on user_counts to tenantry_system using (true);
create policy own_tenant on user_count_deltas using (tenant_id = current_tenant());
create policy across_tenants on user_count_deltas to tenantry_system using (true);
grant select on user_counts to tenantry_app;
grant select, insert on user_count_deltas to tenantry_app;
grant select, insert, update on user_counts to tenantry_system;
grant select, delete on user_count_deltas to tenantry_system;

create function count_new_users() returns trigger language plpgsql as $$
begin
    insert into user_count_deltas (tenant_id, delta)
    select tenant_id, count(*)
    from fresh
    where deleted_at is null
    group by tenant_id;
    return null;
end
$$;

create function count_removed_users() returns trigger language plpgsql as $$
begin
    insert into user_count_deltas (tenant_id, delta)
    select tenant_id, -count(*)
    from gone
    where deleted_at is null
    group by tenant_id;
    return null;
end
$$;

create function count_deleted_user() returns trigger language plpgsql as $$
begin
    insert into user_count_deltas (tenant_id, delta)
    values (new.tenant_id, case when new.deleted_at is null then 1 else -1 end);
    return null;
end
$$;

create trigger users_counted after insert on users
referencing new table as fresh for each statement execute function count_new_users();
create trigger users_uncounted after delete on users
referencing old table as gone for each statement execute function count_removed_users();
create trigger users_recounted after update of deleted_at on users
for each row when ((old.deleted_at is null) <> (new.deleted_at is null)) execute function count_deleted_user();

create function tenant_is_large_share(tenant uuid) returns boolean
language sql stable security definer
set search_path = pg_catalog, public, pg_temp
return coalesce((
    select c.total * 5 > t.reltuples
    from public.user_counts c
    join pg_class t on t.oid = 'public.users'::regclass
    where c.tenant_id = tenant), false);

comment on function tenant_is_large_share(uuid) is 'Whether a fifth or more of all users are this tenant''s.';
create policy sizing on user_counts for select to tenantry_definer using (true);
grant select on user_counts to tenantry_definer;
alter function tenant_is_large_share(uuid) owner to tenantry_definer;
revoke execute on function tenant_is_large_share(uuid) from public;

-- Substring search. Under a policy the planner lets only leakproof operators reach an index, and LIKE is none. This function
-- sees past the policy and restricts itself to the current tenant.

create function find_user_ids(q text, at_most integer, before uuid default null) returns setof uuid
language plpgsql stable security definer
set search_path = pg_catalog, public, pg_temp
set plan_cache_mode = force_custom_plan
as $$
declare
    here    uuid := public.current_tenant();
    pattern text := '%' || q || '%';
    hits    integer;
begin
    -- What one in ten of the newest users has is so common that walking from the newest finds enough of it soonest; the index would
    -- first collect every match.
    select count(*)
    into hits
    from (
        select u.search_text
        from public.users u
        where u.tenant_id = here
          and (before is null or u.id < before)
        order by u.id desc
        limit 500) newest
    where newest.search_text like pattern;

    if hits >= 50 then
        return query
        select walked.id
        from (
            select u.id, u.search_text
            from public.users u
            where u.tenant_id = here
              and (before is null or u.id < before)
            order by u.id desc
            offset 0) walked
        where walked.search_text like pattern
        limit at_most;
    elsif public.show_trgm(q) <> '{}' and public.tenant_is_large_share(here) then
        -- In the index a tenant is one more entry to intersect with. Where most rows are this tenant's that only costs time, so the
        -- tenant is compared in a way that the index does not offer. Signs alone make no trigram, so then the tenant is all
        -- that the index can tell.
        return query
        select u.id
        from public.users u
        where u.tenant_id is not distinct from here
          and u.search_text like pattern
          and (before is null or u.id < before)
        order by u.id desc
        limit at_most;
    else
        return query
        select u.id
        from public.users u
        where u.tenant_id = here
          and u.search_text like pattern
          and (before is null or u.id < before)
        order by u.id desc
        limit at_most;
    end if;
end
$$;

create function find_user_ids_by_prefix(q text, at_most integer, before uuid default null) returns setof uuid
language sql stable security definer
set search_path = pg_catalog, public, pg_temp
set plan_cache_mode = force_custom_plan
as $$
    select u.id
    from public.users u
    where u.tenant_id = public.current_tenant()
      and (u.email_key like q || '%' or u.username_key like q || '%' or u.name_key like q || '%' or u.phone like q || '%')
      and (before is null or u.id < before)
    order by u.id desc
    limit at_most
$$;

comment on function find_user_ids(text, integer, uuid) is 'Newest first; q is lower-case with LIKE wildcards escaped.';
alter function find_user_ids(text, integer, uuid) owner to tenantry_definer;
alter function find_user_ids_by_prefix(text, integer, uuid) owner to tenantry_definer;
revoke execute on function find_user_ids(text, integer, uuid) from public;
revoke execute on function find_user_ids_by_prefix(text, integer, uuid) from public;
grant execute on function find_user_ids(text, integer, uuid) to tenantry_app;
grant execute on function find_user_ids_by_prefix(text, integer, uuid) to tenantry_app;
