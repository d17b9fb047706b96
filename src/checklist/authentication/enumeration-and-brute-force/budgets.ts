import { seconds } from '../../../kernel/time.ts'

/** What may be tried how often. Every length is in seconds. */
export const BUDGETS = Object.freeze({
  /** Tries with one account, or with one known device, before each next one has to wait. */
  free: 5,
  /** The wait doubles from one second up to this: 100 tries take about 21 hours. */
  longestWait: seconds(15 * 60),
  /** Consecutive failures after which nothing is right any more [NIST SP 800-63B-4 3.2.2]. */
  mostFailures: 100,

  /** Failed tries of one client address at once, for instance of all people in an office; then one each `addressEvery`. */
  addressBurst: 100,
  addressEvery: seconds(36),

  /** Mails that may be asked for to one address at once; then one each `mailEvery`. */
  mailBurst: 5,
  mailEvery: seconds(300),

  /** Over all: so many failures of strangers, over so many accounts, and so many to each success, within `window`. */
  stuffingFailures: 100,
  stuffingAccounts: 50,
  stuffingRatio: 2,
  window: seconds(600),
  /** So many, though each of them cost a proof of work, and strangers are refused until it is less. */
  refusalFailures: 3_200,

  /** Browsers of one account that are known, and for how long. */
  devices: 20,
  deviceLife: seconds(400 * 86_400),

  /** How long a counter stands that nothing is added to. Those of what is locked stand until the reset. */
  counterLife: seconds(30 * 86_400),
  /** Counters of accounts that are kept; beyond it those with the fewest and oldest failures go. */
  mostCounters: 250_000,
})
