import { ChildError, spawnChild } from './child.ts'
import type { OperatorReport, OperatorTask } from './messages.ts'

/** What the operator did. */
export type Prepared = OperatorReport & { readonly type: 'prepared' }

/**
 * Runs the operator process once.
 *
 * @param signal - ends it when aborted.
 * @throws ChildError with the one line of what it refuses.
 */
export async function runOperator(
  task: OperatorTask,
  environment: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<Prepared> {
  const { child, ended, complaint } = spawnChild(new URL('operator-process.ts', import.meta.url), {
    environment,
    stdout: 'inherit',
  })
  let report: OperatorReport | undefined
  child.on('message', (message: OperatorReport) => {
    report = message
  })
  const stop = (): void => void child.kill('SIGTERM')
  signal.addEventListener('abort', stop)
  child.send(task, () => {})
  const why = await ended
  signal.removeEventListener('abort', stop)
  signal.throwIfAborted()
  if (report?.type === 'prepared') return report
  throw new ChildError(report?.message ?? complaint() ?? `the operator process ended (${why})`)
}
