import { Writable } from 'node:stream'
import type { Claim } from '../kernel/claim.ts'
import { defineItem, type Item } from '../kernel/item.ts'
import type { Surface } from '../kernel/surface.ts'
import { hours, minutes } from '../kernel/time.ts'
import type { TwinIdentity } from '../kernel/vantage.ts'
import type { PlantedFault } from './fault.ts'
import type { Twin, TwinOptions } from './twin.ts'

/** Hand-made items and twins for the tests of this folder: no server behind them. */

export const NOON = Date.parse('2026-11-23T12:00:00Z')

export function claim(given: Partial<Claim> & Pick<Claim, 'id'>): Claim {
  return {
    says: `The claim ${given.id} is true.`,
    level: 'required',
    needs: ['network'],
    effect: 'writes',
    keeps: hours(24),
    byHand: `curl https://localhost/${given.id}`,
    prove: async (context) => {
      context.expect('positive', 'GET /mine', 200, 200)
      context.expect('negative', 'GET /theirs', 404, 404)
    },
    ...given,
  }
}

export function item(given: Partial<Item> & Pick<Item, 'id'>): Item {
  return defineItem({
    title: `Title of ${given.id}`,
    requirement: 'What must be true.',
    sources: ['ASVS 5.0 V7.2.3'],
    state: 'built',
    claims: [],
    sabotages: [],
    remedy: 'Put it right.',
    ...given,
  })
}

export const MEMBERS: readonly TwinIdentity[] = (['A', 'B'] as const).flatMap((tenant) =>
  [1, 2].map((number) => ({
    name: `member-${tenant.toLowerCase()}${number}`,
    accountId: `account-${tenant}${number}`,
    email: `member-${tenant.toLowerCase()}${number}@twin.test`,
    password: 'correct horse battery staple',
    role: 'member',
    tenant,
    tenantId: `tenant-${tenant}`,
  })),
)

export const SURFACE: Surface = { name: 'fake', routes: [], roles: {}, permissions: [], tables: [] }

export interface FakeTwins {
  build(options?: TwinOptions): Promise<Twin>
  /** Faults of the twins that were built, in order; `undefined` for none. */
  readonly built: (PlantedFault | undefined)[]
  /** Twins running now, and the most that ever ran at once. */
  running: number
  most: number
}

/** Twins that are nothing but their answers; `change` turns one into what a test needs. */
export function fakeTwins(change: (twin: Twin, fault: PlantedFault | undefined) => Twin = (twin) => twin): FakeTwins {
  const twins: FakeTwins = {
    built: [],
    running: 0,
    most: 0,
    async build(options = {}) {
      twins.built.push(options.fault)
      twins.running++
      twins.most = Math.max(twins.most, twins.running)
      return change(fakeTwin(twins), options.fault)
    },
  }
  return twins
}

function fakeTwin(twins: FakeTwins): Twin {
  const unused = async (): Promise<never> => {
    throw new Error('a fake has none')
  }
  let now = NOON
  return {
    surface: SURFACE,
    people: async () => MEMBERS,
    origins: ['https://localhost:1', 'https://localhost:2'],
    ca: '',
    database: {
      admin: { query: unused },
      as: unused,
      roleName: (role) => role,
      connection: { host: '', port: 0, database: '' },
    },
    host: { stateDirectory: '/nowhere', files: async () => [], start: unused },
    clock: {
      now: () => now,
      advance: async (by) => {
        now += by * 1000
      },
    },
    faults: { database: unused, revocationChannel: unused, results: unused, mail: unused },
    seed: async () => ({ note: { id: 'note-1' } }),
    eventMark: async () => 0,
    eventsAfter: async () => [],
    mails: [],
    logs: () => [],
    definitionHash: 'd'.repeat(64),
    stop: async () => {
      twins.running--
    },
  }
}

export const clock = { now: () => NOON }
export const AN_HOUR = minutes(60)

/** A stream that keeps what is written to it. */
export function capture(): Writable & { text(): string } {
  let text = ''
  const stream = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk)
      done()
    },
  })
  return Object.assign(stream, { text: () => text })
}
