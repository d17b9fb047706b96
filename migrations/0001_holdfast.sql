-- The tables every backend has: accounts, sessions, roles, tenants, events. Placeholders :owner, :runtime, :accounts,
-- :readonly, :backup and :auditor stand for the backend's role names and are quoted when the file is read.
--
-- Who may touch what: the accounts role (sign-in and administration) works here; the runtime role (the application's
-- handlers) sees nothing of it but the functions of its own identity and the insert into event_staging.

create schema holdfast;
revoke all on schema holdfast from public;
grant usage on schema holdfast to :runtime, :accounts, :auditor, :readonly;

create domain holdfast.email as varchar(254)
  check (value = lower(value) and value ~ '^[^[:space:][:cntrl:]@]{1,64}@[^[:space:][:cntrl:]@]{1,189}$');
create domain holdfast.name as varchar(100)
  check (length(btrim(value)) between 1 and 100 and value !~ '[[:cntrl:]]');
create domain holdfast.permission_grant as varchar(130)
  check (value ~ '^[a-z][a-z0-9-]*:[a-z][a-z0-9-]*(@(tenant|all))?$');
create domain holdfast.role_name as varchar(60) check (value ~ '^[a-z][a-z0-9-]{0,59}$');

create table holdfast.tenant (
  id uuid primary key,
  name holdfast.name not null,
  created_at timestamptz not null
);

create table holdfast.account (
  id uuid primary key,
  email holdfast.email not null unique,
  name holdfast.name not null,
  created_at timestamptz not null,
  -- Set when an administrator takes the account out of use.
  disabled_at timestamptz
);

create table holdfast.password (
  account_id uuid primary key references holdfast.account on delete cascade,
  -- PHC string: $argon2id$v=19$m=…,t=…,p=1$salt$hash over the peppered password.
  hash varchar(200) not null check (hash like '$argon2id$%'),
  pepper_version integer not null check (pepper_version > 0),
  changed_at timestamptz not null
);

create table holdfast.tenant_member (
  tenant_id uuid not null references holdfast.tenant on delete cascade,
  account_id uuid not null references holdfast.account on delete cascade,
  -- Who runs the tenant may invite others to it.
  manages boolean not null,
  joined_at timestamptz not null,
  primary key (tenant_id, account_id)
);
create index on holdfast.tenant_member (account_id);

create table holdfast.role (
  name holdfast.role_name primary key,
  -- Built-in and declared roles are rewritten from the declaration at migration; custom ones belong to the people.
  origin varchar(10) not null check (origin in ('declared', 'custom')),
  grants holdfast.permission_grant[] not null,
  inherits holdfast.role_name[] not null
);

create table holdfast.account_role (
  account_id uuid not null references holdfast.account on delete cascade,
  role holdfast.role_name not null references holdfast.role on delete restrict,
  granted_by uuid references holdfast.account on delete set null,
  granted_at timestamptz not null,
  primary key (account_id, role)
);
create index on holdfast.account_role (role);

create table holdfast.session (
  id uuid primary key,
  -- SHA-256 of the token; the token itself is nowhere.
  token_hash bytea not null unique check (octet_length(token_hash) = 32),
  account_id uuid not null references holdfast.account on delete cascade,
  tenant_id uuid references holdfast.tenant on delete set null,
  assurance smallint not null check (assurance between 1 and 3),
  created_at timestamptz not null,
  authenticated_at timestamptz not null,
  used_at timestamptz not null,
  expires_at timestamptz not null,
  address varchar(45) not null,
  device varchar(200) not null,
  ended_at timestamptz,
  ended_by varchar(20) check (ended_by in ('self', 'administrator', 'password-change', 'sign-out', 'rotation', 'expiry')),
  check ((ended_at is null) = (ended_by is null))
);
create index on holdfast.session (account_id) where ended_at is null;
create index on holdfast.session (expires_at);

create table holdfast.one_time_link (
  token_hash bytea primary key check (octet_length(token_hash) = 32),
  purpose varchar(20) not null check (purpose in ('enrolment', 'invitation')),
  tenant_id uuid references holdfast.tenant on delete cascade,
  created_at timestamptz not null,
  expires_at timestamptz not null check (expires_at > created_at),
  used_at timestamptz
);

-- Events are staged in the transaction they tell of; one sequencer chains them after commit (later).
create table holdfast.event_staging (
  n bigint generated always as identity primary key,
  id uuid not null unique,
  at timestamptz not null,
  xid xid8 not null default pg_current_xact_id(),
  name varchar(60) not null,
  result varchar(10) not null check (result in ('success', 'failure')),
  account_id uuid,
  session_id uuid,
  tenant_id uuid,
  object varchar(300),
  address varchar(45),
  request_id varchar(40),
  fields jsonb not null check (jsonb_typeof(fields) = 'object'),
  count integer not null default 1 check (count > 0)
);
create index on holdfast.event_staging (at);

-- The identity of the current transaction, as `account|tenant|scope`, set by the server before each statement.
create function holdfast.account_id() returns uuid language sql stable parallel safe set search_path = pg_catalog as
  $$ select nullif(split_part(current_setting('holdfast.identity', true), '|', 1), '')::uuid $$;
create function holdfast.tenant_id() returns uuid language sql stable parallel safe set search_path = pg_catalog as
  $$ select nullif(split_part(current_setting('holdfast.identity', true), '|', 2), '')::uuid $$;
create function holdfast.scope() returns text language sql stable parallel safe set search_path = pg_catalog as
  $$ select split_part(current_setting('holdfast.identity', true), '|', 3) $$;
revoke all on function holdfast.account_id(), holdfast.tenant_id(), holdfast.scope() from public;
grant execute on function holdfast.account_id(), holdfast.tenant_id(), holdfast.scope()
  to :runtime, :accounts, :readonly, :auditor;

-- What the accounts role may do, by column where not all of a row may change.
grant select, insert on holdfast.tenant to :accounts;
grant update (name) on holdfast.tenant to :accounts;
grant select, insert on holdfast.account to :accounts;
grant update (email, name, disabled_at) on holdfast.account to :accounts;
grant select, insert, update on holdfast.password to :accounts;
grant select, insert, delete on holdfast.tenant_member to :accounts;
grant select, insert, delete on holdfast.account_role to :accounts;
grant select, insert, delete on holdfast.role to :accounts;
grant update (grants, inherits) on holdfast.role to :accounts;
grant select, insert on holdfast.session to :accounts;
grant update (used_at, expires_at, tenant_id, assurance, authenticated_at, ended_at, ended_by, token_hash) on holdfast.session to :accounts;
grant select, insert on holdfast.one_time_link to :accounts;
grant update (used_at) on holdfast.one_time_link to :accounts;
-- Staged events can be written and never changed, read or removed by who writes them.
grant insert (id, at, name, result, account_id, session_id, tenant_id, object, address, request_id, fields, count)
  on holdfast.event_staging to :accounts, :runtime;
grant select on holdfast.event_staging to :auditor;
grant select on holdfast.account, holdfast.tenant, holdfast.tenant_member, holdfast.role, holdfast.account_role to :auditor;
grant select (id, account_id, tenant_id, assurance, created_at, authenticated_at, used_at, expires_at, ended_at, ended_by) on holdfast.session to :auditor;
