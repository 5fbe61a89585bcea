-- 0022_branding: the logo of a tenant. Its hash and size stand in the tenant's settings as well, so that no page reads this table.

create table tenant_logos (
    tenant_id  uuid        not null default current_tenant(),
    hash       text        not null collate "C",
    media_type text        not null check (media_type in ('image/png', 'image/jpeg', 'image/webp')),
    content    bytea       not null check (octet_length(content) <= 262144),
    updated_at timestamptz not null,
    primary key (tenant_id)
);

comment on table tenant_logos is 'The picture that stands for a tenant on its pages and in its mails.';
comment on column tenant_logos.hash is 'Names the content in the address of the picture, so that a copy of it is good for ever.';

-- A picture is compressed already.
alter table tenant_logos alter column content set storage external;
alter table tenant_logos enable row level security;
alter table tenant_logos force row level security;
create policy own_tenant on tenant_logos using (tenant_id = current_tenant());
grant select, insert, update, delete on tenant_logos to tenantry_app;
