-- Figures by the day and by state, and named views of lists.

create table daily_figures (
    tenant_id uuid   not null default current_tenant() references tenants (id),
    day       date   not null,
    type      text   not null,
    events    bigint not null,
    primary key (tenant_id, day, type)
);

comment on table daily_figures is 'How many events of a type a tenant had on a day (UTC), up to the moment in figure_marks.';

create table figure_marks (
    tenant_id    uuid        primary key default current_tenant() references tenants (id),
    folded_until timestamptz not null
);

comment on table figure_marks is 'Events before `folded_until` are in daily_figures, those from then on are not.';

create table people_figures (
    tenant_id  uuid        not null default current_tenant() references tenants (id),
    state      text        not null,
    people     bigint      not null,
    counted_at timestamptz not null,
    primary key (tenant_id, state)
);

comment on table people_figures is 'How many people were in a state when all of them were last counted; only for tenants that have many.';

alter table daily_figures enable row level security;
alter table daily_figures force row level security;
alter table figure_marks enable row level security;
alter table figure_marks force row level security;
alter table people_figures enable row level security;
alter table people_figures force row level security;
create policy own_tenant on daily_figures using (tenant_id = current_tenant());
create policy across_tenants on daily_figures to tenantry_system using (true);
create policy own_tenant on figure_marks using (tenant_id = current_tenant());
create policy across_tenants on figure_marks to tenantry_system using (true);
create policy own_tenant on people_figures using (tenant_id = current_tenant());
grant select on daily_figures to tenantry_app;
grant select on figure_marks to tenantry_app;
grant select, insert, update, delete on people_figures to tenantry_app;
grant select, insert, update on daily_figures to tenantry_system;
grant select, insert, update on figure_marks to tenantry_system;

-- What administrators and keys did to others: few among the millions of sign-ins, and shown newest first.
create index events_by_administrators on events (tenant_id, occurred_at desc, id desc)
where actor_kind in ('user', 'api_key')
  and actor_id is distinct from target_id;

-- What has an end, and who has no address, is not looked at to be left out.
create index invitations_pending on invitations (tenant_id, expires_at) where accepted_at is null and revoked_at is null;
create index users_email_pending on users (tenant_id, id) where not email_verified and email is not null;

create table saved_views (
    tenant_id  uuid        not null default current_tenant(),
    id         uuid        not null,
    list_name  text        not null check (list_name in ('users')),
    owner      uuid,
    name       text        not null,
    query      text        not null,
    columns    text[]      not null default '{}',
    shared     boolean     not null default false,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    primary key (tenant_id, id),
    constraint saved_views_name unique (tenant_id, owner, list_name, name),
    constraint saved_views_of_somebody check (shared or owner is not null),
    foreign key (tenant_id, owner) references users (tenant_id, id) on delete set null (owner)
);

comment on table saved_views is 'Named views of a list in the portal; `query` is the query string of its address.';

comment on column saved_views.owner is 'Null once the owner of a shared view is gone: it is the tenant''s then.';

-- Before the owner is taken out of the shared views, the private ones go.
create function remove_private_views() returns trigger language plpgsql as $$
begin
    delete from saved_views
    where tenant_id = old.tenant_id
      and owner = old.id
      and not shared;
    return old;
end
$$;

create trigger users_private_views before delete on users
for each row execute function remove_private_views();

create index saved_views_shared on saved_views (tenant_id, list_name, id) where shared;
alter table saved_views enable row level security;
alter table saved_views force row level security;
create policy own_tenant on saved_views using (tenant_id = current_tenant());
grant select, insert, update, delete on saved_views to tenantry_app;
