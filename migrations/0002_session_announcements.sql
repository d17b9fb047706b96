-- Sessions are looked up in each node's memory. What changes one, or what its account may do, is announced to all nodes by the
-- database itself, in the transaction that changes it: whoever does it, a node, the command line or an administrator in psql.

alter table holdfast.session
  -- The account's roles changed: the token is replaced at its next use.
  add column renewal_due boolean not null default false;
grant update (renewal_due, address, device) on holdfast.session to :accounts;

create function holdfast.announce_account() returns trigger language plpgsql set search_path = pg_catalog as $$
begin
  perform pg_notify('holdfast_session', old.account_id::text);
  return null;
end $$;

-- Not for used_at, assurance, address and device, which are written back as sessions are used.
create trigger announce after update of token_hash, tenant_id, authenticated_at, expires_at, ended_at, renewal_due or delete
  on holdfast.session for each row execute function holdfast.announce_account();
create trigger announce after update or delete on holdfast.tenant_member
  for each row execute function holdfast.announce_account();

create function holdfast.announce_account_role() returns trigger language plpgsql set search_path = pg_catalog as $$
begin
  -- Through the session's trigger this announces too.
  update holdfast.session set renewal_due = true
    where account_id = coalesce(new.account_id, old.account_id) and ended_at is null;
  return null;
end $$;
create trigger announce after insert or update or delete on holdfast.account_role
  for each row execute function holdfast.announce_account_role();

create function holdfast.end_sessions_of_disabled() returns trigger language plpgsql set search_path = pg_catalog as $$
begin
  update holdfast.session set ended_at = new.disabled_at, ended_by = 'administrator'
    where account_id = new.id and ended_at is null;
  return null;
end $$;
create trigger end_sessions after update of disabled_at on holdfast.account
  for each row when (new.disabled_at is not null) execute function holdfast.end_sessions_of_disabled();

-- What a role means changed: for anybody who has it, so for everybody.
create function holdfast.announce_all() returns trigger language plpgsql set search_path = pg_catalog as $$
begin
  perform pg_notify('holdfast_session', '*');
  return null;
end $$;
create trigger announce after insert or update or delete on holdfast.role
  for each statement execute function holdfast.announce_all();

revoke all on function holdfast.announce_account(), holdfast.announce_account_role(),
  holdfast.end_sessions_of_disabled(), holdfast.announce_all() from public;
