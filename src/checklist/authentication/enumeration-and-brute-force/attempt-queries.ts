import { BUDGETS } from './budgets.ts'

/*
 * The statements of the counters. Moments travel as milliseconds of our clock. Where several rows are changed, that of the
 * address comes before that of the account, so that no two statements wait for each other.
 */

const AT = (parameter: string): string => `to_timestamp(${parameter}::float8 / 1000)`
const every = (length: number): string => `interval '${length} seconds'`
const EPOCH = (column: string): string => `(extract(epoch from ${column}) * 1000)::float8`

/** When the next try may come, after `count` failures. */
const wait = (count: string): string =>
  `case when ${count} < ${BUDGETS.free} then null
    else ${AT('$1')} + least(${BUDGETS.longestWait}, power(2, least(${count}, 30) - ${BUDGETS.free})) * interval '1 second' end`

/** Counts one failure to a row `a`, unless it has to wait. @param source - what must have passed before. */
const countUp = (key: string, kind: 'account' | 'device', source: string): string =>
  `insert into holdfast.attempt as a (subject_hash, kind, failures, first_at, last_at, blocked_until)
  select ${key}::bytea, '${kind}', 1, ${AT('$1')}, ${AT('$1')}, null from ${source}
  on conflict (subject_hash) do update
    set failures = a.failures + 1, last_at = excluded.last_at, blocked_until = ${wait('a.failures + 1')}
    where a.blocked_until is null or a.blocked_until <= excluded.last_at
  returning failures`

/**
 * Takes one of a number that comes back at a steady pace (the generic cell rate algorithm): `blocked_until` moves on by
 * `pace` with each, from `burst` of them before now at the earliest.
 */
const takeOne = (
  key: string,
  kind: 'account' | 'device' | 'address',
  burst: number,
  pace: number,
  source: string,
): string =>
  `insert into holdfast.attempt as a (subject_hash, kind, failures, first_at, last_at, blocked_until)
  select ${key}::bytea, '${kind}', 0, ${AT('$1')}, ${AT('$1')}, ${AT('$1')} - ${every(pace * (burst - 2))} from ${source}
  on conflict (subject_hash) do update
    set last_at = excluded.last_at,
      blocked_until = greatest(a.blocked_until, excluded.last_at - ${every(pace * (burst - 1))}) + ${every(pace)}
    where a.blocked_until <= excluded.last_at
  returning 0 as failures`

/**
 * Reserves a try. $1 now · $2 counter of the account · $3 of the address · $4 hash of the device's token, or null · $5 counter of
 * the device · $6 what was typed · $7 name of the solved challenge, or null · $8 when that expires · $9 the service's row.
 */
const reserve = (own: string, address: string, account: string): string => `
with stuffing as (
  select failures from holdfast.attempt where subject_hash = $9::bytea and blocked_until > ${AT('$1')}
), device as (
  select d.token_hash from holdfast.known_device d join holdfast.account k on k.id = d.account_id
  where d.token_hash = $4::bytea and d.used_at > ${AT('$1')} - ${every(BUDGETS.deviceLife)}
    and (k.email = $6::text or k.id::text = $6::text)
    and not exists (select from holdfast.attempt where subject_hash = $5::bytea and failures >= ${BUDGETS.mostFailures})
), stranger as (
  select where not exists (select from device)
), spending as (
  insert into holdfast.spent (hash, expires_at) select $7::bytea, ${AT('$8')} from stranger
  where $7::bytea is not null and exists (select from stuffing)
  on conflict do nothing returning 1
), passed as (
  select from stranger where not exists (select from stuffing)
    or (exists (select from spending) and (select failures from stuffing) < ${BUDGETS.refusalFailures})
), own as (
  ${own}
), address as (
  ${address}
), account as (
  ${account}
)
select (select encode(token_hash, 'hex') from device) as device,
  (select failures from own) as own, (select failures from account) as account,
  (select count(*)::int4 from passed) as passed, (select count(*)::int4 from address) as address,
  (select failures from stuffing) as stuffing,
  (select ${EPOCH('max(blocked_until)')} from holdfast.attempt where subject_hash in ($2::bytea, $3::bytea, $5::bytea)
    and blocked_until > ${AT('$1')}) as until`

const ADDRESS = takeOne('$3', 'address', BUDGETS.addressBurst, BUDGETS.addressEvery, 'passed')

/** For what can be guessed: a password, a code. */
export const RESERVE_SECRET: string = reserve(
  countUp('$5', 'device', 'device'),
  ADDRESS,
  countUp('$2', 'account', 'address'),
)

/** For what sends a mail to somebody: there is nothing to be right or wrong about. */
export const RESERVE_MAIL: string = reserve(
  takeOne('$5', 'device', BUDGETS.mailBurst, BUDGETS.mailEvery, 'device'),
  ADDRESS,
  takeOne('$2', 'account', BUDGETS.mailBurst, BUDGETS.mailEvery, 'address'),
)

/** Gives a try back that came to no verdict. $1 counter of account or device · $2 of the address, or null. */
export const RELEASE: string = `
with address as (
  update holdfast.attempt set blocked_until = blocked_until - ${every(BUDGETS.addressEvery)}
  where subject_hash = $2::bytea returning 1
)
update holdfast.attempt set failures = greatest(failures - 1, 0), blocked_until = null
where subject_hash = $1::bytea and failures > 0 and (select count(*) from address) >= 0`

/**
 * A try that was right. The counter of account or device begins anew; the address gets its try back, no more, or somebody with
 * one account could guess at others without end. $1 that counter · $2 of the address, or null.
 */
export const SUCCEED: string = `
with address as (
  update holdfast.attempt set blocked_until = blocked_until - ${every(BUDGETS.addressEvery)}
  where subject_hash = $2::bytea returning 1
)
delete from holdfast.attempt where subject_hash = $1::bytea and (select count(*) from address) >= 0`

/**
 * A device is known from now on. $1 now · $2 token hash for one that is not · $3 account · $4 token hash that was presented, or null ·
 * $5 counters of that one. Of too many the one that was not used for longest goes. @returns `kept`: 1 where the presented one goes on.
 */
export const REMEMBER_DEVICE: string = `
with kept as (
  update holdfast.known_device set used_at = ${AT('$1')}
  where token_hash = $4::bytea and account_id = $3::uuid and used_at > ${AT('$1')} - ${every(BUDGETS.deviceLife)}
    and not exists (select from holdfast.attempt
      where subject_hash = any ($5::bytea[]) and failures >= ${BUDGETS.mostFailures})
  returning 1
), made as (
  insert into holdfast.known_device (token_hash, account_id, created_at, used_at)
  select $2::bytea, $3::uuid, ${AT('$1')}, ${AT('$1')} where not exists (select from kept)
), gone as (
  delete from holdfast.known_device where not exists (select from kept) and token_hash in (
    select token_hash from holdfast.known_device where account_id = $3::uuid
    order by used_at desc, token_hash offset ${BUDGETS.devices - 1}
  )
)
select count(*)::int4 as kept from kept`

/** $1 account · $2 hash of the token of one that stays, or null. */
export const FORGET_DEVICES = `
delete from holdfast.known_device where account_id = $1::uuid and token_hash is distinct from $2::bytea`

/** $1 counter. */
export const FORGET = 'delete from holdfast.attempt where subject_hash = $1::bytea'

/** Adds up what one node saw. $1 now · $2 row of this minute's failures · $3 how many · $4 of its successes · $5 how many. */
export const TALLY: string = `
insert into holdfast.attempt as a (subject_hash, kind, failures, first_at, last_at)
select hash, 'service', count, ${AT('$1')}, ${AT('$1')}
from (values ($2::bytea, $3::int4), ($4::bytea, $5::int4)) as seen (hash, count) where count > 0 order by hash
on conflict (subject_hash) do update set failures = a.failures + excluded.failures, last_at = excluded.last_at`

/** $1 now · $2 rows of the window's failures · $3 of its successes. */
export const RATIO: string = `
select coalesce(sum(failures) filter (where subject_hash = any ($2::bytea[])), 0)::int4 as failures,
  coalesce(sum(failures) filter (where subject_hash = any ($3::bytea[])), 0)::int4 as successes,
  (select count(*)::int4 from (
    select from holdfast.attempt where kind = 'account' and failures > 0
      and last_at > ${AT('$1')} - ${every(BUDGETS.window)} limit 5000) as recent) as accounts
from holdfast.attempt where subject_hash = any ($2::bytea[] || $3::bytea[])`

/** Asks strangers for work from now on. $1 now · $2 the service's row · $3 failures. @returns a row where it was not asked for. */
export const ALARM: string = `
with before as (
  select blocked_until > ${AT('$1')} as standing from holdfast.attempt where subject_hash = $2::bytea
), raised as (
  insert into holdfast.attempt as a (subject_hash, kind, failures, first_at, last_at, blocked_until)
  values ($2::bytea, 'service', $3::int4, ${AT('$1')}, ${AT('$1')}, ${AT('$1')} + ${every(BUDGETS.window)})
  on conflict (subject_hash) do update
    set failures = excluded.failures, last_at = excluded.last_at, blocked_until = excluded.blocked_until
)
select 1 as raised where coalesce((select standing from before), false) is not true`

/** $1 now · $2 the service's row. */
export const LEVEL: string = `
select failures from holdfast.attempt where subject_hash = $2::bytea and blocked_until > ${AT('$1')}`

/** $1 now · $2 token hash. */
export const KNOWS: string = `
select 1 as known from holdfast.known_device
where token_hash = $2::bytea and used_at > ${AT('$1')} - ${every(BUDGETS.deviceLife)}`

/** Each removes a bounded number of rows. $1 now. */
export const SWEEPS: readonly string[] = [
  `delete from holdfast.attempt where subject_hash in (
    select subject_hash from holdfast.attempt
    where last_at < ${AT('$1')} - interval '1 hour' and (kind = 'service'
      -- What comes back at a steady pace is whole again.
      or (failures = 0 and blocked_until < ${AT('$1')} - ${every(BUDGETS.addressEvery * BUDGETS.addressBurst)})
      or (failures < ${BUDGETS.mostFailures} and last_at < ${AT('$1')} - ${every(BUDGETS.counterLife)})
      or (kind = 'device' and last_at < ${AT('$1')} - ${every(BUDGETS.deviceLife)}))
    limit 20000 for update skip locked)`,
  // Whoever tries ever new names must not fill the table: what has been tried least and longest ago goes first.
  `delete from holdfast.attempt where subject_hash in (
    select subject_hash from holdfast.attempt
    where failures < ${BUDGETS.mostFailures} and kind <> 'service' and last_at < ${AT('$1')}
    order by failures >= ${BUDGETS.free}, last_at
    limit least(20000, greatest(0, (select count(*) from holdfast.attempt
      where failures < ${BUDGETS.mostFailures} and kind <> 'service') - ${BUDGETS.mostCounters}))
    for update skip locked)`,
  `delete from holdfast.spent where hash in (
    select hash from holdfast.spent where expires_at < ${AT('$1')} - interval '1 hour' limit 20000)`,
  `delete from holdfast.known_device where token_hash in (
    select token_hash from holdfast.known_device where used_at < ${AT('$1')} - ${every(BUDGETS.deviceLife)}
    limit 20000 for update skip locked)`,
]
