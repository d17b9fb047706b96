import net from 'node:net'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  type Development,
  type Ending,
  type RunOptions,
  runDevelopment,
} from '../src/backend/torture/command-process.ts'
import { freePorts as freeOf } from '../src/backend/twin/free-ports.ts'

export { childOf, childrenOf, isAlive } from '../src/backend/torture/child-processes.ts'
export {
  type Development,
  holdfast,
  type Running,
  serves,
  temporaryDirectory,
  until,
} from '../src/backend/torture/command-process.ts'
export { newAccount, post, signUp } from '../src/backend/torture/visitor.ts'

/** The notes application of the checkout. */
export const NOTES = resolve(import.meta.dirname, '../examples/notes/backend.ts')

/** What an application outside of the checkout imports `holdfast` by. */
export const HOLDFAST = JSON.stringify(pathToFileURL(resolve(import.meta.dirname, '../src/index.ts')).href)

/** Starts the notes application, or another one, and waits until it serves. */
export const development = (
  t: Ending,
  state: string,
  { application = NOTES, ...options }: RunOptions & { readonly application?: string; readonly watch?: boolean } = {},
): Promise<Development> => runDevelopment(t, state, { application, ...options })

/** Two ports that nothing listens on. */
export const freePorts = async (): Promise<readonly [number, number]> => {
  const [one = 0, other = 0] = await freeOf(2)
  return [one, other]
}

/** Takes a port. */
export function listen(port: number): Promise<net.Server> {
  return new Promise((done, failed) => {
    const server = net.createServer()
    server.once('error', failed)
    server.listen(port, '127.0.0.1', () => done(server))
  })
}
