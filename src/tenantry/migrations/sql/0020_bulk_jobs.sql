-- One action for many people: what was asked for, how far it has come, and what became of each person.

create table bulk_jobs (
    tenant_id      uuid        not null default current_tenant(),
    id             uuid        not null,
    action         text        not null,
    params         jsonb       not null default '{}',
    object_id      uuid,
    filter         jsonb,
    criteria       jsonb,
    ids            uuid[],
    snapshot_at    timestamptz not null,
    state          text        not null default 'queued'
        check (state in ('queued', 'running', 'done', 'cancelled', 'stopped')),
    reason         text,
    total          integer     not null,
    total_is_exact boolean     not null,
    done           integer     not null default 0,
    skipped        integer     not null default 0,
    failed         integer     not null default 0,
    last_id        uuid,
    round          integer     not null default 0,
    actor_kind     text        not null check (actor_kind in ('api_key', 'user', 'system')),
    actor_id       uuid,
    actor_epoch    integer,
    created_at     timestamptz not null,
    started_at     timestamptz,
    finished_at    timestamptz,
    primary key (tenant_id, id),
    constraint bulk_jobs_whom check ((ids is null) <> (criteria is null))
);

comment on table bulk_jobs is 'One action for all people who match a filter, or for those who were picked.';
comment on column bulk_jobs.object_id is 'The role or group that the action gives or takes away.';
comment on column bulk_jobs.filter is 'The filter as it was asked for; `criteria` is what it means, until the job is over.';
comment on column bulk_jobs.actor_epoch is 'What users.credential_epoch was for whoever asked: with their sessions, their jobs end.';
comment on column bulk_jobs.snapshot_at is 'Whoever was created later is left alone.';
comment on column bulk_jobs.last_id is 'The walk goes from the newest id to the oldest; up to this one it is done.';
comment on column bulk_jobs.round is 'Only the run of this number goes on; a run that was overtaken ends.';

create index bulk_jobs_by_age on bulk_jobs (tenant_id, created_at);
create index bulk_jobs_open on bulk_jobs (tenant_id) where state in ('queued', 'running');

create table bulk_job_results (
    tenant_id  uuid        not null default current_tenant(),
    job_id     uuid        not null,
    user_id    uuid        not null,
    outcome    text        not null check (outcome in ('done', 'skipped', 'failed')),
    code       text,
    message    text,
    created_at timestamptz not null,
    primary key (tenant_id, job_id, user_id),
    foreign key (tenant_id, job_id) references bulk_jobs (tenant_id, id) on delete cascade
);

comment on table bulk_job_results is 'What became of each person of a bulk job. It names nobody: the id may lead to somebody who is gone.';

create index bulk_job_results_by_outcome on bulk_job_results (tenant_id, job_id, outcome, user_id);
create index bulk_job_results_by_age on bulk_job_results (tenant_id, created_at);

do $$
declare
    t text;
begin
    foreach t in array array['bulk_jobs', 'bulk_job_results'] loop
        execute format('alter table %I enable row level security', t);
        execute format('alter table %I force row level security', t);
        execute format('create policy own_tenant on %I using (tenant_id = current_tenant())', t);
        execute format('create policy across_tenants on %I to tenantry_system using (true)', t);
        execute format('grant select, insert, update, delete on %I to tenantry_app', t);
        execute format('grant select, delete on %I to tenantry_system', t);
    end loop;
end
$$;
