import { randomBytes } from 'node:crypto'
import { createSecureConfiguration } from '../checklist/server/secure-configuration/index.ts'
import { systemClock } from '../kernel/time.ts'
import type { Database } from '../platform/database/database.ts'
import type { HoldfastTables } from '../platform/database/tables.ts'
import { createEvents } from '../platform/events/index.ts'

/**
 * Opens the way in for the first owner and tells of it by an event.
 *
 * @param origin - under which the backend is reached: `https://app.example`.
 * @returns the link, which is a secret until it is used; `null` while there is an owner.
 */
export async function openEnrolmentLink(accounts: Database<HoldfastTables>, origin: string): Promise<string | null> {
  const token = await createSecureConfiguration().openEnrolment({ accounts, random: randomBytes, clock: systemClock })
  if (token === null) return null
  const events = createEvents({ database: accounts, clock: systemClock, random: randomBytes, onLoss: () => {} })
  try {
    events.report({ name: 'sys_enrolment_opened', result: 'success', fields: {} })
    await events.flush()
  } finally {
    await events.close()
  }
  return `${origin}/enrol/${token.release()}`
}
