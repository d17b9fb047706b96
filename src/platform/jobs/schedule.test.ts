import assert from 'node:assert/strict'
import { mock, suite, test } from 'node:test'
import { keepSchedule } from './schedule.ts'

suite('a schedule', () => {
  /** Runs for so many minutes on a clock of its own, due every five. */
  const during = async (minutes: number, leap = 0): Promise<readonly number[]> => {
    mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 0 })
    const told: number[] = []
    const errors: unknown[] = []
    let ahead = 0
    const schedule = keepSchedule({
      clock: { now: () => Date.now() + ahead },
      next: (from) => (Math.floor(from / 300_000) + 1) * 300_000,
      due: async (moment) => {
        told.push(moment / 60_000)
        if (moment === 300_000) throw new Error('the database is away')
      },
      onError: (cause) => errors.push(cause),
    })
    for (let passed = 0; passed < minutes * 60_000; passed += 10_000) {
      if (passed === 60_000) ahead = leap * 60_000
      mock.timers.tick(10_000)
    }
    schedule.stop()
    mock.timers.tick(3_600_000)
    mock.timers.reset()
    await Promise.resolve()
    assert.equal(errors.length, told.includes(5) ? 1 : 0)
    return told
  }

  test('tells each moment once, also after one that failed, and none once it is stopped', async () => {
    assert.deepEqual(await during(16), [5, 10, 15])
  })

  test('makes up for nothing that was due while the clock leapt, but the first', async () => {
    assert.deepEqual(await during(9, 60), [5, 65])
  })
})
