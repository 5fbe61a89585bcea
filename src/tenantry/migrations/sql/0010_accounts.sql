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
    address    text,
    created_at timestamptz not null,
    until      timestamptz not null,
    primary key (tenant_id, email_key)
);

comment on table address_claims is 'Addresses held back; `owner` is the user or invitation that holds one, `until` may be infinity.';

comment on column address_claims.address is 'The address as its owner writes it, where it may have to be put back.';

create index address_claims_by_owner on address_claims (tenant_id, owner);
create index address_claims_by_end on address_claims (tenant_id, until);
alter table address_claims enable row level security;
alter table address_claims force row level security;
create policy own_tenant on address_claims using (tenant_id = current_tenant());
create policy across_tenants on address_claims to tenantry_system using (true);
grant select, insert, update, delete on address_claims to tenantry_app;
grant select, delete on address_claims to tenantry_system;

-- Whoever gives an address to a user, or holds one back, takes its lock first: of two at once the second sees what the first has
-- done. A lock taken in the statement itself would come after that statement has decided what it sees; in here each
-- statement looks anew.

create function lock_address(p_email_key text) returns void
language sql volatile
return pg_advisory_xact_lock(hashtextextended(current_tenant()::text || ' ' || p_email_key, 0));

create function free_address(p_email_key text, p_owner uuid, p_now timestamptz) returns text
language plpgsql volatile
as $$
begin
    if p_email_key is null then
        return null;
    end if;
    perform lock_address(p_email_key);
    if exists (
        select from address_claims c
        where c.email_key = p_email_key
          and c.owner is distinct from p_owner
          and c.until > p_now
    ) then
        raise unique_violation using constraint = 'address_free', message = 'the address is held back for somebody else';
    end if;
    return p_email_key;
end
$$;

comment on function free_address(text, uuid, timestamptz) is
    'The address itself, where nobody else than p_owner (a user or an invitation) holds it back; an error of the constraint address_free otherwise.';

create function claim_address(p_email_key text, p_purpose text, p_owner uuid, p_until timestamptz, p_now timestamptz)
returns table (holder text, holder_id uuid)
language plpgsql volatile
as $$
#variable_conflict use_column
begin
    perform lock_address(p_email_key);
    return query
        select 'user', u.id
        from users u
        where u.email_key = p_email_key
          and u.id <> p_owner
        union all
        select c.purpose, c.owner
        from address_claims c
        where c.email_key = p_email_key
          and c.owner <> p_owner
          and c.until > p_now
        limit 1;
    if found then
        return;
    end if;
    insert into address_claims as c (email_key, purpose, owner, created_at, until)
    values (p_email_key, p_purpose, p_owner, p_now, p_until)
    on conflict (tenant_id, email_key) do update
    -- Asking for an old address of one's own again must not end what takes the change away from it back.
    set purpose = case
            when c.owner = excluded.owner and c.purpose = 'email_revert' and excluded.purpose = 'email_change' then c.purpose
            else excluded.purpose
        end,
        address = case when c.owner = excluded.owner then c.address end,
        owner = excluded.owner,
        created_at = excluded.created_at,
        until = case
            when c.owner = excluded.owner and c.purpose <> 'invitation' then greatest(c.until, excluded.until)
            else excluded.until
        end;
end
$$;

comment on function claim_address(text, text, uuid, timestamptz, timestamptz) is
    'Holds an address back for p_owner until p_until; gives who has it otherwise, and then nothing is written.';
