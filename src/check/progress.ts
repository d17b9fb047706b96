import type { Writable } from 'node:stream'
import { count } from './prove.ts'
import type { RunStep } from './runner.ts'

/** Shows a long run while it goes on: one line redrawn in place on a terminal, plain lines elsewhere. */
export interface Progress {
  plan(total: number): void
  stage(text: string): void
  started(name: string): void
  /** `trouble` is said at once, on a line of its own. */
  ended(name: string, trouble?: string): void
  /** Takes the redrawn line away. Call before anything else is printed. */
  end(): void
}

export interface ProgressOptions {
  readonly stream: Writable & { readonly isTTY?: boolean; readonly columns?: number }
  /** What is counted, in the singular: `claim`. */
  readonly unit: string
  /** Milliseconds, for the time that has passed. */
  readonly now: () => number
}

export function showProgress({ stream, unit, now }: ProgressOptions): Progress {
  const live = stream.isTTY === true
  const begun = now()
  const running = new Set<string>()
  let total = 0
  let done = 0
  let stage = ''
  let drawnAt = Number.NEGATIVE_INFINITY

  const draw = (force = false): void => {
    if (!live || (!force && now() - drawnAt < REDRAW)) return
    drawnAt = now()
    const filled = total === 0 ? 0 : Math.round((Math.min(done, total) / total) * BAR)
    const bar = '█'.repeat(filled) + '░'.repeat(BAR - filled)
    const seconds = Math.floor((drawnAt - begun) / 1000)
    const line = `${bar} ${done}/${total} ${unit}s · ${seconds} s · ${[...running].join(', ') || stage}`
    stream.write(CLEAR + line.slice(0, (stream.columns ?? 80) - 1))
  }
  const say = (text: string): void => {
    stream.write(live ? `${CLEAR}${text}\n` : `${text}\n`)
  }

  return {
    plan(planned) {
      total = planned
      if (!live) say(count(planned, unit))
      draw()
    },
    stage(text) {
      stage = text
      if (!live) say(text)
      draw(true)
    },
    started(name) {
      running.add(name)
      draw()
    },
    ended(name, trouble) {
      running.delete(name)
      done++
      if (trouble !== undefined) say(trouble)
      draw(trouble !== undefined)
    },
    end() {
      if (live) stream.write(CLEAR)
    },
  }
}

/** Shows the steps of a run of claims. */
export function claimProgress(progress: Progress): (step: RunStep) => void {
  return (step) => {
    if (step.kind === 'plan') progress.plan(step.claims)
    else if (step.kind === 'stage') progress.stage(step.text)
    else if (step.kind === 'claim-started') progress.started(`${step.item} ${step.claim}`)
    else {
      const { item, claim, verdict, reason } = step.result
      const trouble = verdict === 'broken' || verdict === 'unproved'
      progress.ended(`${item} ${claim}`, trouble ? `${verdict}: ${item} ${claim}: ${reason}` : undefined)
    }
  }
}

/** To the line's start, and erase it. */
const CLEAR = '\r\x1b[2K'
/** Characters. */
const BAR = 24
/** Milliseconds between two drawings. */
const REDRAW = 80
