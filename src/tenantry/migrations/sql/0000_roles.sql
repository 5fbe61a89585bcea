-- The roles of the cluster. A backup holds none, so this runs before a restore as well and may run any number of times.
--
-- tenantry_app      every request and every tenant's job; can't bypass row-level security
-- tenantry_system   cross-tenant work from a listed set of statements (expiry, retention, counters, job tables)
-- tenantry_definer  owns the few functions that must see past a policy; nobody can log in as it

do $$
begin
    if not exists (select from pg_roles where rolname = 'tenantry_app') then
        create role tenantry_app login noinherit nosuperuser nocreatedb nocreaterole nobypassrls;
    end if;
    if not exists (select from pg_roles where rolname = 'tenantry_system') then
        create role tenantry_system login noinherit nosuperuser nocreatedb nocreaterole nobypassrls;
    end if;
    if not exists (select from pg_roles where rolname = 'tenantry_definer') then
        create role tenantry_definer nologin noinherit nosuperuser nocreatedb nocreaterole nobypassrls;
    end if;
end
$$;

-- An owner who is no superuser needs to be a member of a role to hand an object over to it.
grant tenantry_definer to current_user;
grant tenantry_system to current_user;
