-- What more an account knows: until when it is valid, the address it is about to have, and its automatic lockout.

alter table users add column valid_until timestamptz;
alter table users add column pending_email text;
alter table users add column pending_email_key text collate "C";

comment on column users.valid_until is 'From this moment on nobody signs in to the account, and its sessions are over; null is for ever.';
comment on column users.pending_email is 'The address that waits for its verification; the present one works until then.';

create index users_valid_until on users (tenant_id, valid_until, id) where valid_until is not null;
create index users_pending_email on users (tenant_id, pending_email_key) where pending_email_key is not null;

-- The automatic lockout stands beside the person's activity: it moves no version, ends no session, and a thousand wrong passwords
-- update one small row.
alter table user_activity add column failed_logins integer not null default 0;
alter table user_activity add column last_failed_at timestamptz;
alter table user_activity add column lockouts integer not null default 0;
alter table user_activity add column locked_out_until timestamptz;

comment on column user_activity.lockouts is 'How many lockouts in a row; each lasts longer than the one before. A sign-in sets it back.';

create index user_activity_locked_out on user_activity (tenant_id, locked_out_until, user_id) where locked_out_until is not null;

-- Addresses that nobody else may take although no user has them as their own: invited people, changes under way, deleted people.
create table address_claims (
    tenant_id  uuid        not null default current_tenant(),
    email_key  text        not null collate "C",
    purpose    text        not null check (purpose in ('invitation', 'email_change', 'email_revert', 'deleted')),
    owner      uuid        not null,
    created_at timestamptz not null,
    until      timestamptz not null,
    primary key (tenant_id, email_key)
);

comment on table address_claims is 'Addresses held back; `owner` is the user or invitation that holds one, `until` may be infinity.';

create index address_claims_by_owner on address_claims (tenant_id, owner);
create index address_claims_by_end on address_claims (tenant_id, until);
alter table address_claims enable row level security;
alter table address_claims force row level security;
create policy own_tenant on address_claims using (tenant_id = current_tenant());
create policy across_tenants on address_claims to tenantry_system using (true);
grant select, insert, update, delete on address_claims to tenantry_app;
grant select, delete on address_claims to tenantry_system;
