import type { JsonSchema } from '../../../kernel/surface.ts'
import type { ProbeContext } from '../../../kernel/vantage.ts'
import type { Attempt } from './probe-refusals.ts'
import { formOf, pathOf, requestOf, type Subject } from './probe-routes.ts'
import { propertiesOf, sampleOf, typesOf } from './probe-schema.ts'
import { badFields, badJson, badTexts } from './probe-values.ts'

/** Every field of a route's body, with every value it does not take, one at a time. */
export function bodyAttempts(context: ProbeContext, subject: Subject): readonly Attempt[] {
  const { body: schema } = subject.route.schema
  if (schema === undefined) return []
  if (subject.route.accepts === 'form') {
    const fields = subject.body as Readonly<Record<string, string>>
    return Object.entries(propertiesOf(schema)).flatMap(([name, part]) => {
      const others = formOf(Object.fromEntries(Object.entries(fields).filter(([other]) => other !== name)))
      return textAttempts(subject, `body/${name}`, name, part, fields[name], 'form').map(({ about, what, text }) => ({
        about,
        what,
        request: requestOf(context, subject, { body: joined(others, text) }),
      }))
    })
  }
  return fieldsOf(schema, subject.body, []).flatMap((field) => {
    const about = `${subject.name} body/${field.path.join('/')}`
    const around = withAt(subject.body, field.path, PLACE)
    const text = JSON.stringify(around)
    const attempts = badJson(field.schema, field.valid).map((value) => ({
      about,
      what: value,
      request: requestOf(context, subject, { body: text.replace(JSON.stringify(PLACE), () => value) }),
    }))
    if (!field.required) return attempts
    const missing = JSON.stringify(withAt(subject.body, field.path, undefined))
    return [...attempts, { about, what: 'left out', request: requestOf(context, subject, { body: missing }) }]
  })
}

/** Every parameter of a route's query, with every text it does not take, and given twice. */
export function queryAttempts(context: ProbeContext, subject: Subject): readonly Attempt[] {
  const { query: schema } = subject.route.schema
  if (schema === undefined) return []
  return Object.entries(propertiesOf(schema)).flatMap(([name, part]) => {
    const others = new URLSearchParams(Object.entries(subject.query).filter(([other]) => other !== name)).toString()
    return textAttempts(subject, `query/${name}`, name, part, subject.query[name], 'query').map(
      ({ about, what, text }) => ({
        about,
        what,
        request: requestOf(context, subject, { query: joined(others, text) }),
      }),
    )
  })
}

/** Every parameter in a route's path, with every text it does not take. */
export function paramAttempts(context: ProbeContext, subject: Subject): readonly Attempt[] {
  const { params: schema } = subject.route.schema
  if (schema === undefined) return []
  return Object.entries(propertiesOf(schema)).flatMap(([name, part]) =>
    badTexts(part, subject.params[name], 'params').map((text) => ({
      about: `${subject.name} params/${name}`,
      what: text,
      request: requestOf(context, subject, { path: pathOf(subject.route, subject.params, { [name]: text }) }),
    })),
  )
}

/** Every header field a route reads, with every text it does not take. */
export function headerAttempts(context: ProbeContext, subject: Subject): readonly Attempt[] {
  const { headers: schema } = subject.route.schema
  if (schema === undefined) return []
  return Object.entries(propertiesOf(schema)).flatMap(([name, part]) =>
    badFields(part).map((text) => ({
      about: `${subject.name} headers/${name}`,
      what: text,
      request: requestOf(context, subject, { headers: { [name]: text } }),
    })),
  )
}

/** Every object of a route's body and its query, with properties that nobody declared. */
export function unknownAttempts(context: ProbeContext, subject: Subject): readonly Attempt[] {
  const { body, query } = subject.route.schema
  const inQuery = new URLSearchParams(subject.query).toString()
  const attempts: Attempt[] = UNKNOWN.filter((name) => !Object.hasOwn(propertiesOf(query ?? {}), name)).map((name) => ({
    about: `${subject.name} query`,
    what: name,
    request: requestOf(context, subject, { query: joined(inQuery, `${encodeURIComponent(name)}=1`) }),
  }))
  if (body === undefined) return attempts
  if (subject.route.accepts === 'form') {
    const names = UNKNOWN.filter((name) => !Object.hasOwn(propertiesOf(body), name))
    const form = formOf(subject.body)
    const spoilt = names.map((name) => ({
      about: `${subject.name} body`,
      what: name,
      request: requestOf(context, subject, { body: joined(form, `${encodeURIComponent(name)}=1`) }),
    }))
    return [...attempts, ...spoilt]
  }
  const places = [{ path: [] as Path, schema: body }, ...fieldsOf(body, subject.body, [])]
  for (const { path, schema } of places) {
    if (!typesOf(schema).includes('object') || schema.additionalProperties || schema.patternProperties) continue
    for (const name of UNKNOWN.filter((one) => !Object.hasOwn(propertiesOf(schema), one))) {
      attempts.push({
        about: `${subject.name} body/${path.join('/')}`,
        what: name,
        request: requestOf(context, subject, { body: JSON.stringify(withAt(subject.body, [...path, name], 1)) }),
      })
    }
  }
  return attempts
}

type Path = readonly (string | number)[]

interface Field {
  readonly path: Path
  readonly schema: JsonSchema
  readonly valid: unknown
  readonly required: boolean
}

/** All fields of a body at all depths, lists by their first entry. */
function fieldsOf(schema: JsonSchema, value: unknown, path: Path): readonly Field[] {
  if (schema.type === 'array' && typeof schema.items === 'object' && schema.items !== null) {
    const items = schema.items as JsonSchema
    const valid = (Array.isArray(value) ? value[0] : undefined) ?? sampleOf(items)
    const entry = { path: [...path, 0], schema: items, valid, required: false }
    return [entry, ...fieldsOf(items, valid, entry.path)]
  }
  const required: readonly unknown[] = Array.isArray(schema.required) ? schema.required : []
  return Object.entries(propertiesOf(schema)).flatMap(([name, part]) => {
    const given = (value as Record<string, unknown> | undefined)?.[name]
    const field = {
      path: [...path, name],
      schema: part,
      valid: given ?? sampleOf(part),
      required: required.includes(name),
    }
    return [field, ...fieldsOf(part, field.valid, field.path)]
  })
}

/** A copy with the value at a path replaced; `undefined` leaves it out. Objects and lists on the way are made where absent. */
function withAt(base: unknown, [step, ...rest]: Path, value: unknown): unknown {
  if (step === undefined) return value
  if (typeof step === 'number') return [withAt(Array.isArray(base) ? base[step] : undefined, rest, value)]
  const object = typeof base === 'object' && base !== null ? (base as Record<string, unknown>) : {}
  return { ...object, [step]: withAt(object[step], rest, value) }
}

function textAttempts(
  subject: Subject,
  place: string,
  name: string,
  schema: JsonSchema,
  valid: string | undefined,
  source: 'query' | 'form',
): readonly { readonly about: string; readonly what: string; readonly text: string }[] {
  const about = `${subject.name} ${place}`
  const key = encodeURIComponent(name)
  const good = encodeURIComponent(valid ?? String(sampleOf(schema)))
  const spoilt = badTexts(schema, valid, source).map((text) => ({ about, what: text, text: `${key}=${text}` }))
  const twice = typesOf(schema).includes('array')
    ? []
    : [`${key}=${good}&${key}=${good}`, `${key}=&${key}=${good}`, `${key}=${good}&${key}=${good}&${key}=${good}`]
  const bracketed = [
    `${key}[]=${good}`,
    `${key}[0]=${good}`,
    `${key}[$ne]=${good}`,
    `${key}%00=${good}`,
    `${key}.a=${good}`,
  ]
  return [...spoilt, ...[...twice, ...bracketed].map((text) => ({ about, what: text, text }))]
}

const joined = (...parts: readonly string[]): string => parts.filter((part) => part !== '').join('&')

/** Stands where a spoilt value is put; no schema takes it for something else. */
const PLACE = '@@the-spoilt-value@@'

/** Names that mean something to somebody: to a database row, an object's prototype, a template or a query language. */
const UNKNOWN = [
  'isAdmin',
  'role',
  'permissions',
  'tenant_id',
  'password_hash',
  '__v',
  '$set',
  'constructor',
  'prototype',
  'toString',
  'Title',
  'a'.repeat(300),
]
