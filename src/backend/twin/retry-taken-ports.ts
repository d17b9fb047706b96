/**
 * Runs `start` again when a port that was free a moment ago was taken by another process meanwhile: a twin's addresses must be
 * known before its servers listen. What `start` opened must be closed again when it rejects.
 *
 * @throws what `start` rejects with, for any other reason or at the last try.
 */
export async function retryTakenPorts<T>(start: () => Promise<T>, tries = TRIES): Promise<T> {
  for (let left = tries - 1; ; left--) {
    try {
      return await start()
    } catch (error) {
      if (left <= 0 || !(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error
    }
  }
}

/** Waits for all, so that whoever clears up after the first failure finds what the others opened. @throws the first failure. */
export async function allSettled<T>(all: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(all)
  return Promise.all(all)
}

const TRIES = 4
