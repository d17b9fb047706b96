import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import type { Moment } from '../kernel/time.ts'
import { EvidenceDamaged, type EvidenceRun, type EvidenceStore, openEvidence } from './evidence.ts'
import type { ProvedClaim } from './prove.ts'
import type { LastSeenFailing } from './report/report.ts'
import type { SabotageOutcome } from './sabotage.ts'
import type { EvidenceSigner } from './signer.ts'
import { expiryOf } from './verdict.ts'

/** What earlier runs of `check` and `sabotage` found. */
export interface History {
  /** The newest answer to a claim that still keeps, for the same definition, lock file and source. */
  answer(item: string, claim: string): ProvedClaim | undefined
  /** When a sabotage last turned the claim broken, whatever the definition was. */
  lastSeenFailing(item: string, claim: string): LastSeenFailing | undefined
  /** What was wrong with the stored evidence; it was set aside and is not used. */
  readonly notes: readonly string[]
}

export interface Stores {
  readonly check: EvidenceStore<ProvedClaim>
  readonly sabotage: EvidenceStore<SabotageOutcome>
  readonly folder: string
}

export function openStores(stateDirectory: string, signer?: EvidenceSigner): Stores {
  const folder = join(stateDirectory, 'evidence')
  const signed = signer === undefined ? {} : { signer }
  return {
    folder,
    check: openEvidence<ProvedClaim>({ folder: join(folder, 'check'), ...signed }),
    sabotage: openEvidence<SabotageOutcome>({ folder: join(folder, 'sabotage'), ...signed }),
  }
}

export async function loadHistory(
  stores: Stores,
  current: Pick<EvidenceRun<unknown>, 'definitionHash' | 'lockHash' | 'sourceHash'> & { readonly now: Moment },
): Promise<History> {
  const notes: string[] = []
  const checks = await loadOrSetAside(stores.check, join(stores.folder, 'check'), current.now, notes)
  const sabotages = await loadOrSetAside(stores.sabotage, join(stores.folder, 'sabotage'), current.now, notes)
  const answers = new Map<string, ProvedClaim>()
  for (const run of checks) {
    if (run.definitionHash !== current.definitionHash || run.lockHash !== current.lockHash) continue
    if (run.sourceHash === null || run.sourceHash !== current.sourceHash) continue
    for (const entry of run.entries) answers.set(`${entry.item} ${entry.claim}`, entry)
  }
  const failures = new Map<string, LastSeenFailing>()
  for (const run of sabotages) {
    for (const { item, name, brokenClaims } of run.entries) {
      for (const claim of brokenClaims) failures.set(`${item} ${claim}`, { at: run.at, sabotage: name })
    }
  }
  return {
    notes,
    answer(item, claim) {
      const answer = answers.get(`${item} ${claim}`)
      const expires = answer === undefined ? null : expiryOf(answer)
      return expires !== null && expires > current.now ? answer : undefined
    },
    lastSeenFailing: (item, claim) => failures.get(`${item} ${claim}`),
  }
}

/** Damaged evidence is moved out of the way for whoever looks into it, and nothing rests on it. */
async function loadOrSetAside<Entry>(
  store: EvidenceStore<Entry>,
  folder: string,
  now: Moment,
  notes: string[],
): Promise<readonly EvidenceRun<Entry>[]> {
  try {
    return await store.load()
  } catch (error) {
    if (!(error instanceof EvidenceDamaged)) throw error
    const aside = `${folder}.damaged-${now}`
    await rename(folder, aside)
    notes.push(
      `evidence of earlier runs is not what was written (${error.message}); it is not used, and kept in ${aside}`,
    )
    return []
  }
}
