import type { FastifyInstance } from 'fastify'
import { Secret } from '../../../kernel/secret.ts'
import type { Clock } from '../../../kernel/time.ts'
import { type ProofsOfWork, proofsOfWork } from '../../../platform/challenge/index.ts'
import type { Database } from '../../../platform/database/database.ts'
import type { HoldfastTables } from '../../../platform/database/tables.ts'
import type { Events } from '../../../platform/events/events.ts'
import type { Sealer } from '../../../platform/keys/index.ts'
import { createAdmission } from './admission.ts'
import type { Guessing } from './guessing.ts'
import { keepHouse } from './housekeeping.ts'
import { createService } from './service.ts'
import { createSettlement } from './settlement.ts'

export interface GuessingOptions {
  /** The way of the accounts role. */
  readonly accounts: Pick<Database<HoldfastTables>, 'batch'>
  readonly sealer: Pick<Sealer, 'index'>
  readonly clock: Clock
  readonly random: (bytes: number) => Buffer
  readonly events: Pick<Events, 'report'>
  /** Makes and checks proofs of work. Default: altcha's, signed by a key of the sealer. */
  readonly proofs?: ProofsOfWork
}

/** What the control is made of, defaults filled in. */
export type Parts = Required<GuessingOptions>

/** {@link Guessing}, as it is composed: with what it is made of, and its place in a server. */
export interface GuessingControl extends Guessing {
  readonly parts: Parts
  /** Sweeps and writes while the server is ready. */
  install(server: FastifyInstance): void
}

/**
 * Counts in PostgreSQL, where all nodes count together and a restart forgets nothing. In the process there are two numbers, of
 * tries over all that are not written yet.
 *
 * A wrapped control is made by `createGuessing({ ...control.parts, … })`.
 */
export function createGuessing(options: GuessingOptions): GuessingControl {
  const { sealer, clock } = options
  const parts: Parts = {
    ...options,
    proofs: options.proofs ?? proofsOfWork(new Secret(sealer.index('challenge key', '1')), () => clock.now()),
  }
  const service = createService(parts)
  return {
    parts,
    ...createAdmission(parts),
    ...createSettlement(parts, service),
    async challenge(device) {
      const level = await service.level()
      const asked = level > 0 && !(await service.knows(device))
      return { asked, challenge: await parts.proofs.create(level) }
    },
    flush: () => service.flush(),
    install(server) {
      keepHouse(server, () => this)
    },
  }
}
