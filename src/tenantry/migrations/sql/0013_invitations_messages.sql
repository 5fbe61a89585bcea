-- Invitations, a tenant's own mail texts, and where each message went.

create table invitations (
    tenant_id     uuid        not null default current_tenant(),
    id            uuid        not null,
    email         text        not null,
    email_key     text        not null collate "C",
    name          text,
    message       text,
    roles         text[]      not null default '{}',
    role_ids      uuid[]      not null default '{}',
    groups        text[]      not null default '{}',
    group_ids     uuid[]      not null default '{}',
    invited_by    uuid,
    invited_label text,
    created_at    timestamptz not null,
    updated_at    timestamptz not null,
    expires_at    timestamptz not null,
    sent_at       timestamptz,
    opened_at     timestamptz,
    accepted_at   timestamptz,
    revoked_at    timestamptz,
    bounced_at    timestamptz,
    bounce_reason text,
    sends         integer     not null default 0,
    asks          timestamptz[] not null default '{}',
    user_id       uuid,
    primary key (tenant_id, id),
    foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade
);

comment on table invitations is 'People who were asked to join; there is no user before one of them accepts.';
comment on column invitations.role_ids is 'The roles that the person gets on acceptance; `roles` are their slugs as they were then, for the audit.';
comment on column invitations.asks is 'When mails were asked for during the last hour.';
comment on column invitations.sends is 'How many links were made.';

-- At most one open invitation for an address.
create unique index invitations_open on invitations (tenant_id, email_key) where accepted_at is null and revoked_at is null;
create index invitations_by_user on invitations (tenant_id, user_id) where user_id is not null;
alter table invitations enable row level security;
alter table invitations force row level security;
create policy own_tenant on invitations using (tenant_id = current_tenant());
create policy across_tenants on invitations to tenantry_system using (true);
grant select, insert, update, delete on invitations to tenantry_app;
grant select, delete on invitations to tenantry_system;

alter table codes add foreign key (tenant_id, invitation_id) references invitations (tenant_id, id) on delete cascade;

create table mail_templates (
    tenant_id  uuid        not null default current_tenant(),
    kind       text        not null,
    subject    text,
    text       text,
    html       text,
    version    integer     not null,
    updated_at timestamptz not null,
    updated_by uuid,
    primary key (tenant_id, kind)
);

comment on table mail_templates is 'Texts that a tenant has written itself; without a row or without a text the built-in one is sent.';

alter table mail_templates enable row level security;
alter table mail_templates force row level security;
create policy own_tenant on mail_templates using (tenant_id = current_tenant());
grant select, insert, update, delete on mail_templates to tenantry_app;

alter table mail_messages add column channel text not null default 'email' check (channel in ('email', 'sms'));
alter table mail_messages add column template text;
alter table mail_messages add column sent_to text;
alter table mail_messages add column invitation_id uuid;

comment on column mail_messages.kind is 'What made the message; an event has one of each.';
comment on column mail_messages.template is 'The kind of its text, as the tenant can edit it.';
comment on column mail_messages.sent_to is 'The address or number; personal, and erased with its owner.';

create index mail_messages_by_state on mail_messages (tenant_id, state, id desc);
create index mail_messages_by_age on mail_messages (tenant_id, created_at);
create policy across_tenants on mail_messages to tenantry_system using (true);
grant select, delete on mail_messages to tenantry_system;
create index mail_messages_by_invitation on mail_messages (tenant_id, invitation_id, id desc) where invitation_id is not null;

-- What may be done with messages and templates, in the tenants that are there: their system roles are those of a new tenant.
-- The policies bind the owner as well, who need not be a superuser, and are lifted for the while.
alter table tenants no force row level security;
alter table permissions no force row level security;
alter table roles no force row level security;
alter table role_permissions no force row level security;

insert into permissions (tenant_id, id, slug, name, description, category, is_system, created_at, updated_at)
select t.id, gen_random_uuid(), fresh.slug, fresh.slug, fresh.description, split_part(fresh.slug, ':', 1), true, now(), now()
from tenants t
cross join (
    values
        ('templates:read', 'See and preview the texts of mails and text messages.'),
        ('templates:write', 'Change the texts of mails and text messages, and send a test to any address.'),
        ('messages:read', 'See which messages went to whom and what became of them.'),
        ('messages:retry', 'Have a message that waits tried again at once.')
) as fresh(slug, description)
on conflict (tenant_id, slug) do nothing;

insert into role_permissions (tenant_id, role_id, permission_id)
select r.tenant_id, r.id, p.id
from roles r
join permissions p on p.tenant_id = r.tenant_id
where r.is_system
  and r.slug in ('admin', 'tenant_admin')
  and p.is_system
  and p.slug in ('templates:read', 'templates:write', 'messages:read', 'messages:retry')
on conflict do nothing;

alter table tenants force row level security;
alter table permissions force row level security;
alter table roles force row level security;
alter table role_permissions force row level security;
