import { randomBytes } from 'node:crypto'
import type { JsonSchema, Surface, SurfaceRoute } from '../src/kernel/surface.ts'
import { answerOf, type Browser } from './in-memory-browser.fixture.ts'
import type { Candidate } from './stolen-dump.fixture.ts'

/** Somewhere a secret is taken. */
export interface Door {
  /** `POST /auth/reset/complete` */
  readonly name: string
  /** Sends a text in place of the secret. What came of it, short: `410 link-invalid`. */
  readonly send: (text: string) => Promise<string>
  /** What can be sent there at all: nothing else is tried. Default everything. */
  readonly takes?: (candidate: Candidate) => boolean
  /** What the secret looks like: what doesn't is refused for that, whatever it is. Default 43 characters of base64url. */
  readonly shape?: RegExp
  /** How often it may be tried before a limit answers in its place. Default 32. */
  readonly limit?: number
  /** What a stranger gets, where that is a limit: only somebody known goes past it. Default no limit. */
  readonly strangers?: string
}

/**
 * Tries a door with everything.
 *
 * @param between - before each few tries: gives what was counted of those before back, so that no limit answers in place of the door.
 * @returns what is no refusal, `POST /auth/reset/complete with holdfast.mail_link.token_hash: 200 done`.
 */
export async function breakIns(
  door: Door,
  candidates: readonly Candidate[],
  between: () => Promise<unknown>,
): Promise<readonly string[]> {
  await between()
  // What nobody was ever given: whatever is answered otherwise is something.
  const nobodys = await door.send(randomBytes(32).toString('base64url'))
  const opened = isRefusal(nobodys) || nobodys === door.strangers ? [] : [`${door.name} with anything: ${nobodys}`]
  const { takes = () => true, shape = TOKEN, limit = 32 } = door
  const tried = candidates.filter(takes)
  for (let from = 0; from < tried.length; from += AT_ONCE) {
    if (from % limit === 0) await between()
    const answers = tried.slice(from, from + AT_ONCE).map(async ({ place, text }) => {
      const answer = await door.send(text)
      const refused = answer === nobodys || (!shape.test(text) && isRefusal(answer))
      return refused ? [] : [`${door.name} with ${place}: ${answer}`]
    })
    opened.push(...(await Promise.all(answers)).flat())
  }
  return opened
}

/** Of what was sent, and not of how often: a limit that answers proves nothing, and neither does a fault. */
const isRefusal = (answer: string): boolean => /^(400|401|403|404|410|414|431)\b/.test(answer)

/**
 * The routes that take a token, in their path, query or body: found by the form they ask for, so that one that is added later is
 * tried as well.
 *
 * @param browserFor - of somebody who is signed in, for the routes that ask for that.
 */
export function tokenDoors(surface: Surface, browserFor: (route: SurfaceRoute) => Browser): readonly Door[] {
  return surface.routes.flatMap((route) => {
    const { params, query, body } = route.schema
    const where = [params, query, body].flatMap((schema) =>
      Object.entries(propertiesOf(schema)).filter(([, { pattern }]) => pattern === TOKEN.source),
    )
    const [name] = where.map(([property]) => property)
    if (name === undefined) return []
    const send = async (text: string): Promise<string> => {
      const fill = (schema: JsonSchema | undefined): Record<string, string> =>
        Object.fromEntries(
          Object.keys(propertiesOf(schema))
            .filter((property) => property === name || requiredOf(schema).includes(property))
            .map((property) => [property, property === name ? text : alongWith(property)]),
        )
      const path = route.path.replace(/:(\w+)/g, (_, property: string) =>
        encodeURIComponent(fill(params)[property] ?? ''),
      )
      const search = new URLSearchParams(fill(query)).toString()
      const filled = fill(body)
      const sent =
        route.accepts === 'nothing' ? undefined : route.accepts === 'form' ? new URLSearchParams(filled) : filled
      return answerOf(
        await browserFor(route).request({
          method: route.method,
          path: search === '' ? path : `${path}?${search}`,
          body: sent,
        }),
      )
    }
    // By its form alone every route refuses what is no token; hashes are sent in other forms all the same.
    return [{ name: `${route.method} ${route.path}`, send, takes: ({ text, binary }) => binary || TOKEN.test(text) }]
  })
}

const propertiesOf = (schema: JsonSchema | undefined): Readonly<Record<string, { readonly pattern?: unknown }>> =>
  (schema?.properties ?? {}) as Readonly<Record<string, { readonly pattern?: unknown }>>
const requiredOf = (schema: JsonSchema | undefined): readonly string[] => (schema?.required ?? []) as readonly string[]

/** What goes along with the secret. */
function alongWith(property: string): string {
  const fresh = randomBytes(9).toString('hex')
  const known: Readonly<Record<string, string>> = {
    email: `${fresh}@thief.example`,
    name: 'Somebody',
    password: `lantern ${fresh} gravel`,
    provider: 'double',
  }
  const value = known[property]
  if (value === undefined) throw new Error(`a door asks for ${property}, which nobody here knows what to put in`)
  return value
}

const TOKEN = /^[A-Za-z0-9_-]{43}$/
/** Side by side: what limits are a multiple of. */
const AT_ONCE = 4
