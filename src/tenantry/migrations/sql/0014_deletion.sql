-- Deleted people: until when each can be restored, and identifiers that others may have meanwhile.

alter table users add column purge_at timestamptz;
alter table users add column freed jsonb;

comment on column users.purge_at is 'When a deleted user is deleted for good; the row can be restored before.';
comment on column users.freed is 'The identifiers of a deleted user whose tenant frees them; a restore takes them back.';

create index users_purge on users (tenant_id, purge_at, id) where purge_at is not null;

-- A deleted user whose only identifier was freed has none.
alter table users drop constraint users_one_identifier;
alter table users add constraint users_one_identifier
    check (email is not null or phone is not null or username is not null or deleted_at is not null);

-- Those who were deleted before deletions had an end: as long as the tenant keeps people deleted in its portal, 30 days by default.
-- The policies bind the owner as well, who need not be a superuser, and are lifted for the while.
alter table tenants no force row level security;
alter table users no force row level security;

update users u
set purge_at = u.deleted_at + make_interval(days => coalesce((t.settings -> 'deletion' ->> 'retentionDays')::integer, 30))
from tenants t
where t.id = u.tenant_id
  and u.deleted_at is not null;

alter table tenants force row level security;
alter table users force row level security;

create function tenants_with_purges(p_now timestamptz) returns uuid[]
language sql stable security definer
set search_path = pg_catalog, public, pg_temp
return (
    select coalesce(array_agg(t.id), '{}')
    from public.tenants t
    where t.status = 'active'
      and exists (
        select from public.users u
        where u.tenant_id = t.id
          and u.purge_at <= p_now)
);

comment on function tenants_with_purges(timestamptz) is 'The tenants in which somebody is to be deleted for good by now.';

-- Only who may create in a schema can be given a function there, unless a superuser does it.
grant create on schema public to tenantry_definer;
alter function tenants_with_purges(timestamptz) owner to tenantry_definer;
revoke create on schema public from tenantry_definer;
revoke execute on function tenants_with_purges(timestamptz) from public;
grant execute on function tenants_with_purges(timestamptz) to tenantry_system;

-- What identifies an erased person stands in these columns of the audit log, and nowhere else in it.
grant update (ip, user_agent) on events to tenantry_app;
