-- What the section `authentication` keeps beyond passwords and sessions. No secret is in it in a form that is of use to who has a
-- copy of the database: tokens and codes are SHA-256 hashes of at least 80 random bits, TOTP secrets are sealed by a key that
-- is not in the database, passkeys are public keys.

alter table holdfast.account
  -- When its owner last proved to receive mail there; null before the first time.
  add column email_verified_at timestamptz;
grant update (email_verified_at) on holdfast.account to :accounts;

create table holdfast.totp (
  account_id uuid primary key references holdfast.account on delete cascade,
  -- Sealed by the key `data`; the associated data is `totp <account id>`. Null until the first code was right.
  sealed_secret bytea check (octet_length(sealed_secret) between 30 and 200),
  confirmed_at timestamptz,
  -- The last time step whose code was accepted: each works once.
  last_step bigint not null default 0 check (last_step >= 0),
  -- One that was shown and of which no code was right yet, sealed as `totp-offer <account id>`: of no effect, and it takes the
  -- place of the one in use when a code of it is right, so that a new phone needs no moment without a second factor.
  offered_secret bytea check (octet_length(offered_secret) between 30 and 200),
  offered_at timestamptz,
  check ((sealed_secret is null) = (confirmed_at is null)),
  check ((offered_secret is null) = (offered_at is null))
);

create table holdfast.recovery_code (
  code_hash bytea primary key check (octet_length(code_hash) = 32),
  account_id uuid not null references holdfast.account on delete cascade,
  created_at timestamptz not null,
  used_at timestamptz
);
create index on holdfast.recovery_code (account_id);

create table holdfast.passkey (
  id uuid primary key,
  account_id uuid not null references holdfast.account on delete cascade,
  credential_id bytea not null unique check (octet_length(credential_id) between 1 and 1023),
  -- COSE key.
  public_key bytea not null check (octet_length(public_key) between 16 and 2048),
  counter bigint not null check (counter between 0 and 4294967295),
  transports varchar(20)[] not null check (cardinality(transports) <= 10),
  backed_up boolean not null,
  name holdfast.name not null,
  created_at timestamptz not null,
  used_at timestamptz
);
create index on holdfast.passkey (account_id);

-- Somebody has proved the first of two factors. It is no session: nothing but the second step looks here.
create table holdfast.pending_sign_in (
  token_hash bytea primary key check (octet_length(token_hash) = 32),
  account_id uuid not null references holdfast.account on delete cascade,
  method varchar(20) not null check (method in ('password', 'link', 'openid')),
  created_at timestamptz not null,
  expires_at timestamptz not null check (expires_at > created_at),
  used_at timestamptz
);
create index on holdfast.pending_sign_in (account_id);
create index on holdfast.pending_sign_in (expires_at);

-- Links that were sent by mail: single use, an hour at most. Those that anybody may ask for stand for an address and not for an
-- account, so that the row is the same whether or not somebody has an account there; who it is, is looked up when one is used.
create table holdfast.mail_link (
  token_hash bytea primary key check (octet_length(token_hash) = 32),
  purpose varchar(20) not null check (purpose in ('sign-up', 'verify', 'change', 'reset', 'sign-in')),
  -- Who asked for it, of those that only somebody signed in can ask for.
  account_id uuid references holdfast.account on delete cascade,
  -- Where it was sent: what it proves.
  email holdfast.email not null,
  -- Of the invitation that a sign-up came with.
  invitation_hash bytea check (octet_length(invitation_hash) = 32),
  created_at timestamptz not null,
  expires_at timestamptz not null check (expires_at > created_at and expires_at <= created_at + interval '1 hour'),
  used_at timestamptz,
  check ((purpose in ('verify', 'change')) = (account_id is not null)),
  check (purpose = 'sign-up' or invitation_hash is null)
);
create index on holdfast.mail_link (account_id);
create index on holdfast.mail_link (email);
create index on holdfast.mail_link (expires_at);

create table holdfast.openid_identity (
  provider varchar(60) not null,
  subject varchar(255) not null,
  account_id uuid not null references holdfast.account on delete cascade,
  linked_at timestamptz not null,
  used_at timestamptz,
  primary key (provider, subject)
);
create index on holdfast.openid_identity (account_id);

-- Failed tries, counted over all nodes. What is counted (an address, an account, a device) is only here as a keyed hash.
create table holdfast.attempt (
  subject_hash bytea primary key check (octet_length(subject_hash) = 32),
  kind varchar(20) not null check (kind in ('account', 'address', 'device', 'service')),
  -- Since the last success.
  failures integer not null check (failures >= 0),
  first_at timestamptz not null,
  last_at timestamptz not null,
  -- No try is let through before.
  blocked_until timestamptz
);
create index on holdfast.attempt (last_at);

-- Browsers that an account signed in from before; the cookie's token is here as its hash.
create table holdfast.known_device (
  token_hash bytea primary key check (octet_length(token_hash) = 32),
  account_id uuid not null references holdfast.account on delete cascade,
  created_at timestamptz not null,
  used_at timestamptz not null
);
create index on holdfast.known_device (account_id);

-- What works once and is otherwise kept nowhere: challenges of passkeys and proofs of work, states of OpenID sign-ins.
create table holdfast.spent (
  hash bytea primary key check (octet_length(hash) = 32),
  expires_at timestamptz not null
);
create index on holdfast.spent (expires_at);

-- An administrator lets somebody who lost all factors in again, after a waiting time in which the person is told.
create table holdfast.factor_reset (
  account_id uuid primary key references holdfast.account on delete cascade,
  started_by uuid references holdfast.account on delete set null,
  started_at timestamptz not null,
  effective_at timestamptz not null check (effective_at > started_at)
);

grant select, insert, delete on holdfast.totp, holdfast.recovery_code, holdfast.passkey, holdfast.pending_sign_in, holdfast.mail_link,
  holdfast.openid_identity, holdfast.attempt, holdfast.known_device, holdfast.spent, holdfast.factor_reset to :accounts;
grant update (sealed_secret, confirmed_at, last_step, offered_secret, offered_at) on holdfast.totp to :accounts;
grant update (used_at) on holdfast.recovery_code, holdfast.pending_sign_in, holdfast.mail_link, holdfast.openid_identity,
  holdfast.known_device to :accounts;
grant update (counter, backed_up, name, used_at) on holdfast.passkey to :accounts;
grant update (failures, first_at, last_at, blocked_until) on holdfast.attempt to :accounts;
-- Nothing changes it; locking a row asks for it.
grant update (effective_at) on holdfast.factor_reset to :accounts;
-- Erasing a person; what hangs on the account goes with it.
grant delete on holdfast.account to :accounts;
