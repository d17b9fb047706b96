import type { FastifyReply } from 'fastify'
import type { Validation } from '../../checklist/data/validation-and-encoding/index.ts'
import { Refusal } from '../../kernel/refusal.ts'
import { Misbehaviour } from '../../kernel/vantage.ts'
import { Answer } from '../../platform/declaration/definition.ts'
import type { Controls, Faults } from '../controls.ts'

/** What handlers are made to do: return more than they were written to, as one that selects every column does, or misbehave. */
export interface ChangedResults {
  /** The faults of a twin, with this one behind the handlers: what the server then does with a result is as it was. */
  over(faults: Faults): Faults
  /** What goes into every object from now on, or takes its place; `null` for nothing. Returns how many results were changed until now. */
  put(extra: Readonly<Record<string, unknown>> | Misbehaviour | null): number
}

export function changedResults(): ChangedResults {
  let extra: Readonly<Record<string, unknown>> | Misbehaviour | null = null
  let changed = 0
  const behindHandlers = (validation: Validation): Validation => ({
    ...validation,
    send(request, reply, route, result) {
      if (extra instanceof Misbehaviour) {
        changed++
        misbehave(extra, reply)
        return
      }
      const given = extra === null ? result : withExtra(result, extra)
      if (given !== result) changed++
      validation.send(request, reply, route, given)
    },
  })
  return {
    over: (faults) => ({
      ...faults,
      wrap<Id extends keyof Controls>(id: Id, control: Controls[Id]): Controls[Id] {
        const wrapped = faults.wrap(id, control)
        if (id !== 'data/validation-and-encoding') return wrapped
        return behindHandlers(wrapped as Validation) as Controls[Id]
      },
    }),
    put(next) {
      const before = changed
      changed = 0
      extra = next
      return before
    },
  }
}

/** @throws what the handler throws. */
function misbehave({ how, text }: Misbehaviour, reply: FastifyReply): void {
  if (how === 'throws') throw new Error(text)
  if (how === 'refuses') throw new Refusal('conflict', text)
  reply.code(200).type('text/plain; charset=utf-8').send(text)
}

/** The same value where nothing can be put into it: a text, a page, a table for export. */
export function withExtra(value: unknown, extra: Readonly<Record<string, unknown>>): unknown {
  if (value instanceof Answer) {
    const body = withExtra(value.body, extra)
    return body === value.body ? value : new Answer(value.status, body, value.headers)
  }
  if (Array.isArray(value)) {
    const list = value.map((entry) => withExtra(entry, extra))
    return list.some((entry, index) => entry !== value[index]) ? list : value
  }
  if (!isPlain(value)) return value
  const inner = Object.entries(value).map(([name, part]) => [name, withExtra(part, extra)] as const)
  return { ...Object.fromEntries(inner), ...extra }
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
