/** Stands for the server in spawn.test.ts: no add-ons, no children; the hasher's pipe is its descriptor 3. */
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { Secret } from '../../kernel/secret.ts'
import { inheritedHasher } from './client.ts'

const hasher = inheritedHasher(3)
const password = new Secret('correct horse battery staple')
const { phc, pepperVersion } = await hasher.hash(password)
const right = await hasher.verify(password, phc, pepperVersion)
const wrong = await hasher.verify(new Secret('incorrect horse battery staple'), phc, pepperVersion)

process.stdout.write(
  JSON.stringify({
    phc,
    right: right.ok,
    wrong: wrong.ok,
    child: codeOf(() => spawnSync(process.execPath, ['--version'])),
    addon: codeOf(() => createRequire(import.meta.url)('@node-rs/argon2')),
  }),
)
hasher.close()

function codeOf(forbidden: () => unknown): string {
  try {
    forbidden()
    return 'allowed'
  } catch (error) {
    // The package wraps what its loader met: the reason lies at the end of the chain.
    for (let cause = error; cause instanceof Error; cause = cause.cause) {
      if ('code' in cause && typeof cause.code === 'string') return cause.code
    }
    return 'refused'
  }
}
