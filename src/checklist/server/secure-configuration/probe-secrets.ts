import { randomBytes } from 'node:crypto'
import { chmod, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import type { Claim } from '../../../kernel/claim.ts'
import { days } from '../../../kernel/time.ts'
import type { ProbeContext } from '../../../kernel/vantage.ts'
import { commandLines } from './probe-places.ts'
import { ownPort } from './probe-port.ts'
import { scanRepository } from './probe-repository.ts'
import { type Finding, scanForSecrets } from './secret-scan.ts'

/** Where secrets must not show: outputs, logs, files in reach of others, the tree and its history. */
export const secretClaims: readonly Claim[] = [
  {
    id: 'secrets-unseen',
    says: 'Secrets of the configuration and of sign-in appear in no output, no log and no command line.',
    level: 'required',
    needs: ['host', 'network', 'telemetry'],
    effect: 'writes',
    keeps: days(1),
    byHand:
      'HOLDFAST_PEPPER=$(openssl rand -base64 32) npm start   # and look for it in what is printed and in .holdfast/log',
    prove: proveUnseen,
  },
  {
    id: 'file-modes',
    says: 'Files of the state directory are for its owner alone, and keys in reach of others refuse to start.',
    level: 'required',
    needs: ['host'],
    effect: 'writes',
    keeps: days(1),
    byHand: 'find .holdfast -perm /077   # nothing; chmod 644 .holdfast/keys/server.json && npm start   # refused',
    prove: proveModes,
  },
  {
    id: 'secret-files',
    says: 'A secret comes from a file for its owner alone; one that others can read, or that is set twice, refuses to start.',
    level: 'required',
    needs: ['host'],
    effect: 'writes',
    keeps: days(1),
    byHand: 'chmod 644 pepper; HOLDFAST_PEPPER_FILE=pepper npm start   # refused',
    prove: proveFiles,
  },
  {
    id: 'file-modes-deployed',
    says: 'Files of the deployed state directory are for its owner alone.',
    level: 'where-present',
    needs: ['host'],
    effect: 'reads',
    on: 'original',
    keeps: days(1),
    byHand: 'find .holdfast -perm /077   # nothing',
    prove: (context) => expectModes(context, 'of the deployed state directory'),
  },
  {
    id: 'secret-scan',
    says: 'No secret lies in the source tree, in its history, or in the state directory outside the keyrings.',
    level: 'required',
    needs: ['repository', 'host'],
    effect: 'reads',
    keeps: days(1),
    byHand:
      "git log -p --all | grep -nE 'AKIA[0-9A-Z]{16}|-----BEGIN [A-Z ]*PRIVATE KEY-----'   # two of the scan's patterns",
    prove: proveScan,
  },
]

async function proveUnseen(context: ProbeContext): Promise<void> {
  const pepper = randomBytes(32).toString('base64')
  const password = randomBytes(16).toString('hex')
  let commands: readonly string[] = []
  const settings = { HOLDFAST_PEPPER: pepper, ...(await ownPort()) }
  const started = await context.host.start(settings, 'start', async () => {
    commands = await commandLines()
  })
  const saw = started.outcome === 'started' ? 'started' : `exit ${started.outcome}: ${started.stderr.slice(0, 200)}`
  context.expect('positive', 'the backend with a planted pepper', saw, 'started')
  context.expect('positive', 'it prints something', String(started.stdout.length > 0), 'true')
  // The server's process is there to be read, under the file it runs.
  const read = commands.filter((line) => /\bnode\b.*\.ts\b/.test(line)).length
  context.expect('positive', 'command lines of its processes were read', String(read > 0), 'true')
  expectUnseen(context, 'the command lines', commands.join('\n'), { 'the pepper': pepper })
  expectUnseen(context, 'its output', started.stdout + started.stderr, { 'the pepper': pepper })

  const url = `postgresql://postgres:${password}@db.example/notes?sslmode=require`
  const refused = await context.host.start({ DATABASE_URL: url, HOLDFAST_PEPPER: pepper }, 'start')
  context.expect('negative', 'a URL with an administrator and his password', String(refused.outcome), '3')
  expectUnseen(context, 'the refusal', refused.stdout + refused.stderr, {
    'its password': password,
    'the pepper': pepper,
  })

  const member = context.identity('member')
  const wrong = `wrong ${randomBytes(12).toString('hex')}`
  await context.network.request({
    method: 'POST',
    path: '/auth/sign-in',
    body: { email: member.email, password: wrong },
  })
  const token = await context.network.signIn(member)
  const missing = await context.network.request({
    path: '/no-such-page',
    token,
    headers: { accept: 'application/json' },
  })
  context.expect('positive', 'a request of a member', missing.status, 404)
  const lines = context.telemetry.logs()
  const { id } = missing.json() as { readonly id?: unknown }
  const written = lines.some((line) => Object.values(line).includes(id)) ? 'written' : 'missing'
  context.expect('positive', 'that request in the log of the servers', written, 'written')
  const log = lines.map((line) => JSON.stringify(line)).join('\n')
  expectUnseen(context, 'the log of the servers', log, {
    'a wrong password': wrong,
    'a right password': member.password,
    'a session token': token,
  })
}

/** Looks for each secret as it is and as it would look encoded. */
function expectUnseen(
  context: ProbeContext,
  where: string,
  text: string,
  secrets: Readonly<Record<string, string>>,
): void {
  for (const [what, secret] of Object.entries(secrets)) {
    const bytes = Buffer.from(secret)
    const forms = [
      secret,
      encodeURIComponent(secret),
      bytes.toString('base64'),
      bytes.toString('base64url'),
      bytes.toString('hex'),
    ]
    if (/^[A-Za-z0-9+/]{43}=$/.test(secret)) forms.push(Buffer.from(secret, 'base64').toString('hex'))
    const seen = forms.some((form) => text.includes(form))
    context.expect('negative', `${what} in ${where}`, seen ? 'seen' : 'unseen', 'unseen')
  }
}

async function proveModes(context: ProbeContext): Promise<void> {
  await expectModes(context, 'of the state directory')
  // On a copy of the keys: other claims start the backend on the twin's own meanwhile.
  const copy = await mkdtemp(join(tmpdir(), 'holdfast-modes-'))
  try {
    const keyring = join(copy, 'keys', 'server.json')
    await cp(join(context.host.stateDirectory, 'keys'), join(copy, 'keys'), { recursive: true })
    const started = await context.host.start({ HOLDFAST_STATE: copy, ...(await ownPort()) }, 'start')
    context.expect('positive', 'the backend with keyrings of mode 0600', String(started.outcome), 'started')
    await chmod(keyring, 0o644)
    const attempt = await context.host.start({ HOLDFAST_STATE: copy }, 'start')
    const named = attempt.stderr.includes('server.json')
    const saw = attempt.outcome === 'started' ? 'started' : `exit ${attempt.outcome}${named ? ', naming it' : ''}`
    context.expect('negative', 'the backend with a keyring of mode 0644', saw, 'exit 3, naming it')
  } finally {
    await rm(copy, { recursive: true, force: true })
  }
}

async function proveFiles(context: ProbeContext): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-secret-'))
  const file = join(folder, 'pepper')
  const pepper = randomBytes(32).toString('base64')
  const start = async (more: Readonly<Record<string, string>> = {}): Promise<string> => {
    const { outcome, stderr } = await context.host.start(
      { HOLDFAST_PEPPER_FILE: file, ...(await ownPort()), ...more },
      'start',
    )
    const named = stderr.startsWith('HOLDFAST_PEPPER') ? ', naming it' : ''
    return outcome === 'started' ? 'started' : `exit ${outcome}${named}`
  }
  try {
    await writeFile(file, pepper, { mode: 0o600 })
    context.expect('positive', 'a secret from a file of mode 0600', await start(), 'started')
    const twice = await start({ HOLDFAST_PEPPER: pepper })
    context.expect('negative', 'a secret from a file and from the environment', twice, 'exit 3, naming it')
    for (const mode of [0o644, 0o640]) {
      await chmod(file, mode)
      const what = `a secret from a file of mode 0${mode.toString(8)}`
      context.expect('negative', what, await start(), 'exit 3, naming it')
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function expectModes(context: ProbeContext, what: string): Promise<void> {
  const files = await context.host.files()
  context.expect('positive', `files and folders ${what} can be read`, String(files.length > 0), 'true')
  const wide = files
    // The server of the embedded database passes through its folder as another user when we are root.
    .filter(({ mode, directory }) => (mode & (directory ? 0o066 : 0o077)) !== 0)
    .map(({ path, mode }) => `${relative(context.host.stateDirectory, path) || '.'} ${(mode & 0o777).toString(8)}`)
  context.expect(
    'negative',
    `files and folders ${what} that others can read or write`,
    wide.slice(0, 10).join(', ') || 'none',
    'none',
  )
}

async function proveScan(context: ProbeContext): Promise<void> {
  // Put together here, so that it is not found in this file.
  const sample = `const id = '${'AKIA'}${'Q7'.repeat(8)}'`
  context.expect('positive', 'the scan finds a planted key', scanForSecrets(sample).length, 1)
  const repository = await scanRepository(context.repository.root)
  context.expect('positive', 'files of the tree were read', String(repository.files > 0), 'true')
  context.expect('negative', `secrets in ${repository.files} files of the tree`, listed(repository.tree), 'none')
  context.expect(
    'negative',
    `secrets in ${repository.commits} commits of the history`,
    listed(repository.history),
    'none',
  )
  context.expect(
    'negative',
    'secrets in the state directory outside the keyrings',
    listed(await scanState(context)),
    'none',
  )
}

/** What is no keyring, no key of TLS and no database is read; these three hold secrets by their nature, at mode 0600. */
async function scanState(context: ProbeContext): Promise<readonly Placed[]> {
  const found: Placed[] = []
  for (const { path, directory } of await context.host.files()) {
    const place = relative(context.host.stateDirectory, path)
    if (directory || /(^|[/\\])(keys|tls|database)[/\\]/.test(place)) continue
    const text = await readFile(path, 'utf8').catch(() => '')
    for (const finding of scanForSecrets(text.slice(0, 1 << 20))) found.push({ ...finding, place })
  }
  return found
}

type Placed = Finding & { readonly place: string }

/** Where and which kind; never what. */
const listed = (found: readonly Placed[]): string =>
  found
    .slice(0, 5)
    .map(({ rule, place, line }) => `${rule} in ${place}:${line}`)
    .join(', ') || 'none'
