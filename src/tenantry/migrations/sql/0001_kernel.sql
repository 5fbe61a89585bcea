-- The current tenant, events, idempotency, mail. Run by the owner of the database.

revoke create on schema public from public;
grant usage on schema public to tenantry_app, tenantry_system, tenantry_definer;
grant create on schema public to tenantry_definer, tenantry_system;

create extension if not exists pg_trgm;
create extension if not exists btree_gin;

create function current_tenant() returns uuid
language sql stable parallel safe
return nullif(current_setting('app.tenant', true), '')::uuid;

comment on function current_tenant() is 'The tenant of this unit of work, or null, which no row matches.';

create table events (
    tenant_id   uuid        not null default current_tenant(),
    id          uuid        not null,
    occurred_at timestamptz not null,
    type        text        not null,
    outcome     text        not null default 'success' check (outcome in ('success', 'failure', 'denied', 'partial')),
    actor_kind  text        not null,
    actor_id    uuid,
    target_type text,
    target_id   uuid,
    data        jsonb       not null default '{}',
    personal    jsonb,
    ip          inet,
    user_agent  text,
    request_id  text,
    primary key (tenant_id, occurred_at, id)
) partition by range (occurred_at);

comment on table events is 'What happened: the audit log. Append-only; personal data stands in `personal` alone, so that it can be erased.';

-- The log is read newest first, in the order of (occurred_at, id), which also lets a range of dates skip partitions.
create index events_by_target on events (tenant_id, target_id, occurred_at desc, id desc);
create index events_by_actor on events (tenant_id, actor_id, occurred_at desc, id desc);
create index events_by_type on events (tenant_id, type, occurred_at desc, id desc);
create index events_not_successful on events (tenant_id, outcome, occurred_at desc, id desc) where outcome <> 'success';
create index events_by_id on events (tenant_id, id desc);

alter table events enable row level security;
alter table events force row level security;
create policy own_tenant on events using (tenant_id = current_tenant());
create policy across_tenants on events to tenantry_system using (true);
grant select, insert, update (personal) on events to tenantry_app;
grant select, insert, delete on events to tenantry_system;

create table events_default partition of events default;
alter table events_default enable row level security;
alter table events_default force row level security;

create function ensure_event_partitions(months integer) returns integer
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
as $$
declare
    first date;
    made  integer := 0;
    part  text;
begin
    for i in 0 .. least(months, 24) loop
        first := (date_trunc('month', now() at time zone 'UTC') + make_interval(months => i))::date;
        part := 'events_' || to_char(first, 'YYYY_MM');
        continue when to_regclass('public.' || part) is not null;
        begin
            execute format(
                'create table public.%I partition of public.events for values from (%L) to (%L)',
                part, first::text || ' 00:00+00', (first + interval '1 month')::date::text || ' 00:00+00');
            execute format('alter table public.%I enable row level security', part);
            execute format('alter table public.%I force row level security', part);
            made := made + 1;
        exception when check_violation then
            -- Rows of that month are in the default partition already; they stay there and are found as well.
            raise notice 'the month % stays in the default partition', part;
        end;
    end loop;
    return made;
end
$$;

comment on function ensure_event_partitions(integer) is 'Makes the partitions of this month and the next ones; gives how many are new.';
revoke execute on function ensure_event_partitions(integer) from public;
grant execute on function ensure_event_partitions(integer) to tenantry_system;
select ensure_event_partitions(3);

create table idempotency_keys (
    tenant_id    uuid        not null default current_tenant(),
    owner        uuid        not null,
    key          text        not null,
    request_hash bytea       not null,
    answer       bytea,
    created_at   timestamptz not null,
    primary key (tenant_id, owner, key)
);

comment on table idempotency_keys is 'Answers to writes that carried an Idempotency-Key, sealed, kept for 24 hours.';

create index idempotency_keys_by_age on idempotency_keys (tenant_id, created_at);
alter table idempotency_keys enable row level security;
alter table idempotency_keys force row level security;
create policy own_tenant on idempotency_keys using (tenant_id = current_tenant());
create policy across_tenants on idempotency_keys to tenantry_system using (true);
grant select, insert, update, delete on idempotency_keys to tenantry_app;
grant select, delete on idempotency_keys to tenantry_system;

create table mail_messages (
    tenant_id    uuid        not null default current_tenant(),
    id           uuid        not null,
    kind         text        not null,
    user_id      uuid,
    event_id     uuid,
    content      bytea,
    state        text        not null default 'queued' check (state in ('queued', 'sent', 'failed', 'bounced')),
    attempts     integer     not null default 0,
    last_error   text,
    created_at   timestamptz not null,
    sent_at      timestamptz,
    primary key (tenant_id, id)
);

comment on table mail_messages is 'One row for each message; `content` is the sealed message and goes when it has been sent.';

create unique index mail_messages_once_per_event on mail_messages (tenant_id, event_id, kind) where event_id is not null;
create index mail_messages_by_user on mail_messages (tenant_id, user_id, id desc);
alter table mail_messages enable row level security;
alter table mail_messages force row level security;
create policy own_tenant on mail_messages using (tenant_id = current_tenant());
grant select, insert, update, delete on mail_messages to tenantry_app;
