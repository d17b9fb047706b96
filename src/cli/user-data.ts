import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import type { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { ownedTables } from '../backend/personal-data/owned-rows.ts'
import { PersonalData } from '../backend/personal-data/personal-data.ts'
import { classificationOf } from '../backend/personal-data/whole-export.ts'
import { createAccessControl } from '../checklist/authentication/access-control/index.ts'
import { createGuessing } from '../checklist/authentication/enumeration-and-brute-force/index.ts'
import { Refusal, StartRefusal } from '../kernel/refusal.ts'
import { systemClock } from '../kernel/time.ts'
import type { BackendDefinition } from '../platform/declaration/definition.ts'
import { createEvents } from '../platform/events/index.ts'
import { createMailQueue } from '../platform/mail/index.ts'
import { accountIdOf, type Operated } from './operated.ts'

/** The wish of whoever runs the backend. */
const BY_OPERATOR = { principal: null } as const

/** `holdfast user export`: everything kept about somebody, as JSON, however much it is. */
export async function exportUser(operated: Operated, email: string, file: string | undefined): Promise<number> {
  const accountId = await accountIdOf(operated.accounts, email)
  return withPersonalData(operated, async (data) => {
    const out = file === undefined ? process.stdout : createWriteStream(file, { flags: 'wx', mode: 0o600 })
    // One that can't be made, or is there already, is found before anything is read.
    if (file !== undefined)
      await once(out, 'open').catch((error: NodeJS.ErrnoException) => {
        throw new StartRefusal(file, `can not be written (${error.code}); name a file that is not there yet`)
      })
    await writeExport(data, operated.definition, accountId, out)
    if (file === undefined) return 0
    out.end()
    await finished(out)
    process.stderr.write(`${file}: what is kept about ${email}; it is for nobody else\n`)
    return 0
  })
}

/** Writes what is kept about somebody as one JSON object, as it is read; nothing is held but some rows. */
export async function writeExport(
  data: Pick<PersonalData, 'kept' | 'rows'>,
  definition: Pick<BackendDefinition, 'tables'>,
  accountId: string,
  out: Writable,
): Promise<void> {
  const write = async (text: string): Promise<void> => {
    if (!out.write(text)) await once(out, 'drain')
  }
  const kept = await data.kept(accountId, BY_OPERATOR)
  await write(`{"kept":${JSON.stringify(kept)},"tables":{`)
  const names = ownedTables(definition).map(({ table }) => table)
  let written = 0
  const begin = async (): Promise<void> => {
    const table = names[written]
    if (table === undefined) return
    const classification = JSON.stringify(classificationOf(table))
    await write(
      `${written === 0 ? '' : ']},'}${JSON.stringify(table.name)}:{"classification":${classification},"rows":[`,
    )
    written += 1
  }
  let rowsWritten = 0
  for await (const { table, rows } of data.rows(accountId, kept)) {
    while (names[written - 1]?.name !== table) {
      await begin()
      rowsWritten = 0
    }
    for (const row of rows) await write(`${rowsWritten++ === 0 ? '\n' : ',\n'}${JSON.stringify(row)}`)
  }
  while (written < names.length) await begin()
  await write(`${written === 0 ? '' : ']}'}},"leftOut":[]}\n`)
}

/** `holdfast user erase`: removes an account with all that hangs on it and all its owner owns. */
export async function eraseUser(operated: Operated, email: string, sure: boolean): Promise<number> {
  const accountId = await accountIdOf(operated.accounts, email)
  if (!sure) {
    const names = ownedTables(operated.definition).map(({ table }) => table.name)
    process.stderr.write(
      `erases ${email}, what hangs on the account, and what they own in ${names.join(', ') || 'no table'}; nobody can bring it back. Say --yes to do it\n`,
    )
    return 1
  }
  return withPersonalData(operated, async (data) => {
    await data.erase(accountId, BY_OPERATOR).catch((error: unknown) => {
      if (error instanceof Refusal) throw new StartRefusal(email, `is not erased: ${error.message}`, { cause: error })
      throw error
    })
    process.stdout.write(`${email} is erased\n`)
    return 0
  })
}

async function withPersonalData(
  { definition, accounts, runtime, sealer }: Operated,
  work: (data: PersonalData) => Promise<number>,
): Promise<number> {
  const parts = { definition, accounts, clock: systemClock, random: randomBytes }
  const events = createEvents({ ...parts, database: accounts, onLoss: () => {} })
  try {
    return await work(
      new PersonalData({
        ...parts,
        events,
        runtime: await runtime(),
        mail: createMailQueue({ ...parts, sealer }),
        access: createAccessControl({ ...parts, events }),
        guessing: createGuessing({ ...parts, events, sealer }),
      }),
    )
  } finally {
    await events.close()
  }
}
