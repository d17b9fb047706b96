import type { ProbeContext } from '../../../kernel/vantage.ts'
import type { Attempt } from './probe-refusals.ts'
import { requestOf, type Subject } from './probe-routes.ts'

/** Bodies of a JSON route that parsers read differently, or that reach prototypes; each is otherwise what the route takes. */
export function hostileBodies(context: ProbeContext, subject: Subject): readonly Attempt[] {
  const valid = JSON.stringify(subject.body)
  const inside = valid.slice(1, -1)
  const more = (member: string): string => `{${inside === '' ? member : `${inside},${member}`}}`
  const [first = 'a'] = Object.keys(subject.body as object)
  const again = JSON.stringify((subject.body as Record<string, unknown>)[first] ?? null)
  const escaped = `\\u${first.charCodeAt(0).toString(16).padStart(4, '0')}${first.slice(1)}`
  const bytes = (hex: string): Buffer => spoiltText(valid, Buffer.from(hex, 'hex'))
  const bodies: readonly (readonly [what: string, body: string | Buffer])[] = [
    ['a prototype', more('"__proto__":{"isAdmin":true}')],
    ['a prototype that is null', more('"__proto__":null')],
    ['an escaped prototype', more('"\\u005f_proto__":{"isAdmin":true}')],
    ['a fully escaped prototype', more('"\\u005f\\u005f\\u0070\\u0072\\u006f\\u0074\\u006f\\u005f\\u005f":{}')],
    ['a prototype first', `{"__proto__":{},${inside}}`],
    ['a constructor', more('"constructor":{"prototype":{"isAdmin":true}}')],
    ['an escaped constructor', more('"\\u0063onstructor":{"prototype":{}}')],
    ['a key twice', more(`${JSON.stringify(first)}:${again}`)],
    ['a key twice, once escaped', more(`"${escaped}":${again}`)],
    ['a key twice, first another type', `{${JSON.stringify(first)}:[],${inside}}`],
    ['a lone surrogate as a key', more('"\\ud800":1')],
    ['NUL as a key', more('"\\u0000":1')],
    ['a byte order mark', Buffer.concat([Buffer.from('efbbbf', 'hex'), Buffer.from(valid)])],
    ['UTF-16', Buffer.from(`\ufeff${valid}`, 'utf16le')],
    ['a stray byte ff', bytes('ff')],
    ['a stray byte 80', bytes('80')],
    ['overlong UTF-8', bytes('c0af')],
    ['overlong NUL', bytes('c080')],
    ['an encoded surrogate', bytes('eda080')],
    ['cut UTF-8', bytes('e282')],
    ['UTF-8 beyond Unicode', bytes('f4908080')],
    ['Latin-1', bytes('e9')],
    ['a raw control character', bytes('01')],
    ['a raw NUL', bytes('00')],
    ['a trailing comma', `{${inside},}`],
    ['a comment', `{${inside}/* */}`],
    ['a line comment', `${valid}// end`],
    ['single quotes', valid.replaceAll('"', "'")],
    ['a bare key', more('a:1')],
    ['NaN', more('"a":NaN')],
    ['hexadecimal', more('"a":0x10')],
    ['a leading zero', more('"a":01')],
    ['two documents', `${valid}${valid}`],
    ['a second line', `${valid}\n${valid}`],
    ['an end too early', valid.slice(0, -1)],
    ['an end too late', `${valid}}`],
    ['a prefix', `)]}',\n${valid}`],
    ['nothing', ''],
    ['blanks', '   '],
    ['null', 'null'],
    ['a list', `[${valid}]`],
    ['a text', JSON.stringify(valid)],
    ['a number', '1'],
    ['true', 'true'],
    ['33 levels', more(`"a":${nested(33)}`)],
    ['1,000 levels', more(`"a":${nested(1_000)}`)],
    ['7,000 levels', more(`"a":${nested(7_000)}`)],
    ['33 levels of objects', more(`"a":${'{"a":'.repeat(33)}1${'}'.repeat(33)}`)],
    ['1,200 keys', more(`"a":{${Array.from({ length: 1_200 }, (_, i) => `"${i}":1`).join(',')}}`)],
  ]
  return bodies.map(([what, body]) => ({ about: subject.name, what, request: requestOf(context, subject, { body }) }))
}

/** Requests whose body is of another kind than the route's, or stands where none is read. */
export function foreignBodies(context: ProbeContext, subject: Subject): readonly Attempt[] {
  const { accepts, method } = subject.route
  const about = subject.name
  if (accepts === 'nothing') {
    // What a POST without a body takes is tried like the rest; a form is what another site could send.
    const bodies = [
      ['application/json', '{}'],
      ['application/x-www-form-urlencoded', 'a=1'],
      ['text/plain', 'a'],
    ] as const
    return bodies.map(([type, body]) => ({
      about,
      what: `${method} with a body of type ${type}`,
      request: requestOf(context, subject, { body, headers: { 'content-type': type } }),
    }))
  }
  const good = requestOf(context, subject).body
  const body = typeof good === 'string' ? good : JSON.stringify(good)
  const types = [...FOREIGN, ...(accepts === 'json' ? FOREIGN_TO_JSON : FOREIGN_TO_FORMS)]
  const attempts = types.map((type) => ({
    about,
    what: `content-type: ${type || 'none'}`,
    request: requestOf(context, subject, { body, headers: { 'content-type': type } }),
  }))
  const coded = ['gzip', 'br', 'identity, gzip'].map((coding) => ({
    about,
    what: `content-encoding: ${coding}`,
    request: requestOf(context, subject, { body, headers: { 'content-encoding': coding } }),
  }))
  return [...attempts, ...coded]
}

const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels)

/** The bytes put into the first text of the body, so that only the encoding is wrong. */
function spoiltText(valid: string, bytes: Buffer): Buffer {
  const at = valid.indexOf(':"')
  const cut = at === -1 ? valid.length - 1 : at + 2
  return Buffer.concat([Buffer.from(valid.slice(0, cut)), bytes, Buffer.from(valid.slice(cut))])
}

const FOREIGN = [
  '',
  'text/plain',
  'text/plain; charset=utf-8',
  'text/html',
  'application/xml',
  'text/xml',
  'application/octet-stream',
  'multipart/form-data; boundary=x',
  'application/x-ndjson',
  'application/msgpack',
  '*/*',
  'json',
]

const FOREIGN_TO_JSON = [
  'application/x-www-form-urlencoded',
  'text/json',
  'application/jsonp',
  'application/json5',
  'application/vnd.api+json',
  'application/ld+json',
  'application/json; charset=utf-16',
  'application/json; charset=iso-8859-1',
  'application/json; a=b',
  'application/json, text/plain',
  'text/plain, application/json',
  'text/plain; application/json',
]

const FOREIGN_TO_FORMS = [
  'application/json',
  'application/x-www-form-urlencoded; charset=utf-16',
  'application/x-www-form-urlencoded; charset=iso-8859-1',
  'application/x-www-form-urlencoded, text/plain',
]
