import { syncBuiltinESMExports } from 'node:module'

/**
 * Makes SIGUSR1 do nothing in this process. Node would open its debugger on loopback, where whoever may signal us could
 * then run code as us: the server, locked in by the permission model, would be out of it. `--inspect` is not touched.
 */
export function refuseDebugger(): void {
  process.on('SIGUSR1', () => {})
}

/** The same as a flag, for processes that we start: it holds from their first moment on. */
export const NO_DEBUGGER = '--disable-sigusr1'

/**
 * Takes the ways to signal other processes from this one, for good. Node's permission model has none for that, and a signal
 * opens the debugger of any Node process of the same user (npm, an editor), or ends our own supervisor.
 */
export function forgetSignals(): void {
  for (const name of ['kill', '_kill', '_debugProcess', '_debugEnd']) Reflect.deleteProperty(process, name)
  // Also for those who have them from an import.
  syncBuiltinESMExports()
}
