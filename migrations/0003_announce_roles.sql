-- A session that is being made while its account's roles change is not there yet for the trigger of 0002 to mark, and nothing
-- would tell the nodes that already keep it: the change is announced for the account itself as well.
create or replace function holdfast.announce_account_role() returns trigger language plpgsql set search_path = pg_catalog as $$
begin
  update holdfast.session set renewal_due = true
    where account_id = coalesce(new.account_id, old.account_id) and ended_at is null;
  perform pg_notify('holdfast_session', coalesce(new.account_id, old.account_id)::text);
  return null;
end $$;
