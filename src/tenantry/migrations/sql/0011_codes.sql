-- One mechanism for every single-use code and link.

create table codes (
    tenant_id     uuid        not null default current_tenant(),
    id            uuid        not null,
    kind          text        not null check (kind in (
                      'invitation', 'password_setup', 'password_reset', 'email_verification', 'phone_verification',
                      'email_change', 'email_revert')),
    form          text        not null check (form in ('link', 'otp')),
    channel       text        not null check (channel in ('email', 'sms', 'offline')),
    user_id       uuid,
    invitation_id uuid,
    secret_hash   bytea       not null,
    sent_to       text        collate "C",
    scenario      text,
    attempts      integer     not null default 0,
    max_attempts  integer     not null default 5,
    created_at    timestamptz not null,
    expires_at    timestamptz not null,
    opened_at     timestamptz,
    used_at       timestamptz,
    revoked_at    timestamptz,
    primary key (tenant_id, id),
    constraint codes_secret unique (tenant_id, secret_hash),
    constraint codes_one_subject check ((user_id is null) <> (invitation_id is null)),
    foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade
);

comment on table codes is 'Single-use links and one-time codes; only a hash of the secret is here. A row stays for a while as history.';
comment on column codes.sent_to is 'The normalised address or number that the code proves; a code for the user''s own dies when that changes.';
comment on column codes.scenario is 'The recovery scenario of the identity API that the code belongs to.';

create index codes_by_user on codes (tenant_id, user_id, id desc) where user_id is not null;
create index codes_by_invitation on codes (tenant_id, invitation_id, id desc) where invitation_id is not null;
create index codes_by_expiry on codes (tenant_id, expires_at);
alter table codes enable row level security;
alter table codes force row level security;
create policy own_tenant on codes using (tenant_id = current_tenant());
create policy across_tenants on codes to tenantry_system using (true);
grant select, insert, update, delete on codes to tenantry_app;
grant select, delete on codes to tenantry_system;

insert into codes (tenant_id, id, kind, form, channel, user_id, secret_hash, sent_to, created_at, expires_at, used_at, revoked_at)
select tenant_id, id, purpose, 'link', 'email', user_id, token_hash, sent_to, created_at, expires_at, used_at, revoked_at
from recovery_codes;

drop table recovery_codes;
