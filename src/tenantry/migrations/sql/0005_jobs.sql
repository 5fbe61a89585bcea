-- Who may do what with the job tables, which procrastinate's own schema has just made.
-- A request may only defer a job; it can neither read nor change what other tenants have waiting.

do $$
declare
    t text;
    f regprocedure;
begin
    foreach t in array array['procrastinate_jobs', 'procrastinate_events', 'procrastinate_workers',
                             'procrastinate_periodic_defers'] loop
        execute format('grant select, insert, update, delete on %I to tenantry_system', t);
    end loop;
    for f in
        select p.oid::regprocedure
        from pg_proc p
        join pg_namespace n on n.oid = p.pronamespace
        where n.nspname = 'public'
          and p.proname like 'procrastinate\_%'
    loop
        execute format('revoke execute on function %s from public', f);
        execute format('grant execute on function %s to tenantry_system', f);
    end loop;
end
$$;

grant usage, select on all sequences in schema public to tenantry_system;

alter function procrastinate_defer_jobs_v1(procrastinate_job_to_defer_v1[]) owner to tenantry_system;
alter function procrastinate_defer_jobs_v1(procrastinate_job_to_defer_v1[]) security definer;
alter function procrastinate_defer_jobs_v1(procrastinate_job_to_defer_v1[]) set search_path = pg_catalog, public, pg_temp;
grant execute on function procrastinate_defer_jobs_v1(procrastinate_job_to_defer_v1[]) to tenantry_app;

revoke create on schema public from tenantry_definer, tenantry_system;

-- A server asks at its start, and when it is asked for its readiness, whether the tables are those of its program.
grant select on alembic_version to tenantry_app;
