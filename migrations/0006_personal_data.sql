-- What a person may ask for: all that is kept about them, and to be erased.

create index on holdfast.event_staging (account_id) where account_id is not null;
create index on holdfast.event_staging (object) where object like 'account %';
create index on holdfast.event_staging ((fields ->> 'account')) where fields ? 'account';

-- The events of the identity of the transaction. Whoever serves writes events and reads none; this lets nothing else be read than
-- somebody's own, and of what others did to them that it was done, and not by whom or from where.
create function holdfast.own_events()
  returns table (at timestamptz, name varchar, result varchar, by_themselves boolean, object varchar, address varchar, fields text)
  language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  with me as (select holdfast.account_id() as id),
  mine as (
    select e.n from holdfast.event_staging e, me where e.account_id = me.id
    union select e.n from holdfast.event_staging e, me where e.object like 'account %' and e.object = 'account ' || me.id
    union select e.n from holdfast.event_staging e, me where e.fields ? 'account' and e.fields ->> 'account' = me.id::text
  )
  select e.at, e.name, e.result, e.account_id is not distinct from me.id,
    case when e.account_id = me.id then e.object end,
    case when e.account_id = me.id then e.address end,
    case when e.account_id = me.id then e.fields::text end
  from holdfast.event_staging e join mine on mine.n = e.n, me
  order by e.n desc limit 10000
$$;
revoke all on function holdfast.own_events() from public;
grant execute on function holdfast.own_events() to :accounts;

-- A tenant that nobody is left in goes with the last who was, and no other: who joins meanwhile is waited for and seen.
create function holdfast.keep_inhabited() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if exists (select from holdfast.tenant_member m where m.tenant_id = old.id) then
    raise insufficient_privilege using message = 'somebody is in this tenant';
  end if;
  return old;
end $$;
revoke all on function holdfast.keep_inhabited() from public;
create trigger keep_inhabited before delete on holdfast.tenant for each row execute function holdfast.keep_inhabited();
grant delete on holdfast.tenant to :accounts;
