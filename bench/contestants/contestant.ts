/** What the bench tells a contestant at its start, over the channel of its process. */
export interface Start {
  readonly host: string
  readonly port: number
  readonly database: string
  /** Superuser for the bare one, which has no row-level security; the backend's roles for ours. */
  readonly users: Readonly<
    Record<'admin' | 'runtime' | 'accounts', { readonly name: string; readonly password: string }>
  >
  readonly certificate: { readonly key: string; readonly cert: string }
  readonly listen: number
  /** Base64. */
  readonly pepper: string
  /** File of the keyring that seals what is stored. */
  readonly data: string
  readonly accountId: string
  readonly tenantId: string
  /** Addresses of who may sign in, all with one password. */
  readonly people: readonly string[]
  readonly password: string
}

export type Told =
  /** `helpers`: further processes that work for it, whose CPU time counts as its own. */
  | { readonly type: 'listening'; readonly helpers: readonly number[] }
  /** CPU time of the process so far, user and system, in microseconds. */
  | { readonly type: 'cpu'; readonly microseconds: number }

/**
 * Answers `cpu` with the time used so far, and runs `serve` once with what the bench said first.
 *
 * @param serve - resolves when it listens, with the ids of further processes that work for it.
 */
export function contestant(serve: (start: Start) => Promise<readonly number[]>): void {
  process.on('disconnect', () => process.exit(0))
  process.on('message', (message: Start | 'cpu') => {
    if (message === 'cpu') {
      const { user, system } = process.cpuUsage()
      tell({ type: 'cpu', microseconds: user + system })
      return
    }
    serve(message).then(
      (helpers) => tell({ type: 'listening', helpers }),
      (error: unknown) => {
        console.error(error)
        process.exit(1)
      },
    )
  })
}

const tell = (told: Told): void => {
  process.send?.(told)
}
