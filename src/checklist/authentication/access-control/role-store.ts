import { setTimeout as pause } from 'node:timers/promises'
import type { Scope } from '../../../kernel/principal.ts'
import { freezeMap, type ResolvedRoles, resolveRoles, type StoredRole, unionOf } from './roles.ts'

/** The roles of the database, as this process knows them. */
export interface RoleStore {
  /**
   * Reads the roles anew; after it, every answer is of what stood in the database when it was called or later. Calls that
   * come while one is under way share the one after it.
   *
   * Where the roles can't be read, three attempts long, nobody holds anything until a later call succeeds: roles that may
   * have been taken away are not gone on with.
   *
   * @throws what the last attempt threw.
   */
  reload(): Promise<void>
  /**
   * Effective permissions of somebody with these roles: frozen, and one and the same map for the same combination of
   * roles until the next reload. Unknown roles add nothing; before the first reload nobody holds anything.
   */
  permissionsOf(roles: readonly string[]): ReadonlyMap<string, Scope>
  /** These roles and all they inherit from. */
  lineageOf(roles: readonly string[]): ReadonlySet<string>
  /** Every role with what it effectively grants, for lists of roles and for the proof matrix. */
  list(): readonly ListedRole[]
  /** What of the stored roles was not understood and therefore grants nothing. */
  problems(): readonly string[]
}

export interface ListedRole extends StoredRole {
  readonly permissions: ReadonlyMap<string, Scope>
}

/**
 * @param read - reads all rows of `holdfast.role`.
 * @param declared - the permissions that exist.
 */
export function createRoleStore(read: () => Promise<readonly StoredRole[]>, declared: ReadonlySet<string>): RoleStore {
  let snapshot = makeSnapshot([], declared)
  let running: Promise<void> | undefined
  let following: Promise<void> | undefined

  async function load(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        snapshot = makeSnapshot(await read(), declared)
        return
      } catch (error) {
        if (attempt === ATTEMPTS) {
          snapshot = makeSnapshot([], declared)
          throw error
        }
        await pause(attempt * PAUSE_MILLISECONDS)
      }
    }
  }

  function start(): Promise<void> {
    running = load().finally(() => {
      running = undefined
    })
    return running
  }

  return {
    reload() {
      if (running === undefined) return start()
      // What runs may have read before the change this call is about: its answer is not good enough.
      following ??= running
        .catch(() => undefined)
        .then(() => {
          following = undefined
          return start()
        })
      return following
    },
    permissionsOf: (roles) => snapshot.permissionsOf(roles),
    lineageOf: (roles) => snapshot.lineageOf(roles),
    list: () => snapshot.list,
    problems: () => snapshot.resolved.problems,
  }
}

interface Snapshot extends Pick<RoleStore, 'permissionsOf' | 'lineageOf'> {
  readonly resolved: ResolvedRoles
  readonly list: readonly ListedRole[]
}

/** One state of the roles with its two caches, which go with it. */
function makeSnapshot(stored: readonly StoredRole[], declared: ReadonlySet<string>): Snapshot {
  if (stored.length > MAX_ROLES) throw new RangeError(`more than ${MAX_ROLES} roles are stored`)
  const resolved = resolveRoles(stored, declared)
  return {
    resolved,
    list: Object.freeze(
      stored.map((role) => Object.freeze({ ...role, permissions: resolved.permissions.get(role.name) ?? NOTHING })),
    ),
    permissionsOf: perCombination((roles) => unionOf(roles.map((role) => resolved.permissions.get(role) ?? NOTHING))),
    lineageOf: perCombination((roles) => new Set(roles.flatMap((role) => [...(resolved.lineage.get(role) ?? [])]))),
  }
}

/** Remembers the answer for each combination of roles, whatever their order; the oldest is forgotten beyond the bound. */
function perCombination<T>(make: (roles: readonly string[]) => T): (roles: readonly string[]) => T {
  const known = new Map<string, T>()
  return (roles) => {
    // A role's name holds no comma, so two combinations can't share a key.
    const combination = [...new Set(roles)].sort()
    const key = combination.join()
    const found = known.get(key)
    if (found !== undefined) return found
    const made = make(combination)
    const oldest = known.keys().next()
    if (known.size >= MAX_COMBINATIONS && !oldest.done) known.delete(oldest.value)
    known.set(key, made)
    return made
  }
}

/** People define roles by hand; a table with more was not filled by people, and nobody holds anything by it. */
export const MAX_ROLES = 10_000
const MAX_COMBINATIONS = 1_000
const ATTEMPTS = 3
const PAUSE_MILLISECONDS = 100

const NOTHING: ReadonlyMap<string, Scope> = freezeMap(new Map())
