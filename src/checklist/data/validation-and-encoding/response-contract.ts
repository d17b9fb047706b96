import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ResponseContract } from '../../../kernel/surface.ts'
import { Answer, type RouteDefinition } from '../../../platform/declaration/definition.ts'
import { Csv } from '../../../platform/html/csv.ts'
import { Html } from '../../../platform/html/html.ts'
import { createNonce } from '../../../platform/http/nonce.ts'
import { asObject, PROTECTED_FIELDS } from '../../../platform/http/security-headers.ts'
import { type FurtherFields, type PreparedHead, prepareHead, writeReply } from '../../../platform/http/write-reply.ts'
import type { Validation } from './control.ts'

/** What a route may answer, prepared: a body and its header fields for each declared status. */
export type Contract = ReadonlyMap<number, Send>

type Send = (
  request: FastifyRequest,
  reply: FastifyReply,
  status: number,
  body: unknown,
  further?: FurtherFields,
) => void

export function contractOf(route: RouteDefinition, policies: Validation): Contract {
  return new Map(
    Object.entries(route.schema.response).map(([status, contract]) => [
      Number(status),
      sendAs(contract, Number(status), policies),
    ]),
  )
}

/**
 * Sends what a handler returned. Everything that the declaration does not foresee throws: it becomes a 500, is logged,
 * and nothing of it leaves.
 */
export function replyWith(contract: Contract, request: FastifyRequest, reply: FastifyReply, result: unknown): void {
  const answered = result instanceof Answer
  const status = answered ? result.status : 200
  const send = contract.get(status)
  if (send === undefined) throw new Error(`the handler answered ${status}, which its route does not declare`)
  if (!answered) {
    send(request, reply, status, result)
    return
  }
  for (const name of Object.keys(result.headers)) {
    if (PROTECTED_FIELDS.has(name.toLowerCase())) throw new Error(`a handler can not set ${name}`)
  }
  send(request, reply, status, result.body, result.headers)
}

/** Whether a route shows pages, whose scripts need a nonce. */
export const hasPage = (route: RouteDefinition): boolean => Object.values(route.schema.response).includes('html')

function sendAs(contract: ResponseContract, status: number, policies: Validation): Send {
  if (typeof contract !== 'string') return sendJson(status, policies)
  const api = policies.apiHeaders()
  const head = (type?: string): PreparedHead => prepareHead(status, api, type)
  switch (contract) {
    case 'html':
      return (request, reply, _status, body, further) => {
        if (!(body instanceof Html)) throw new Error('a page must come from the html template')
        const nonce = request.nonce === '' ? createNonce() : request.nonce
        const page = prepareHead(status, policies.pageHeaders(nonce), 'text/html; charset=utf-8')
        writeReply(reply, status, page, policies.page(body), further)
      }
    case 'redirect': {
      const bare = head()
      return (_request, reply, _status, _body, further) => {
        if (!isOwnPath(further?.location)) throw new Error('a redirect must come from redirect()')
        writeReply(reply, status, bare, '', further)
      }
    }
    case 'redirect-out': {
      const bare = head()
      return (_request, reply, _status, _body, further) => {
        const { location } = further ?? {}
        if (typeof location !== 'string' || !policies.leadsOut(location))
          throw new Error('a redirect must lead to where we may send people')
        writeReply(reply, status, bare, '', further)
      }
    }
    case 'csv': {
      const csv = head('text/csv; charset=utf-8; header=present')
      return (_request, reply, _status, body, further) => {
        if (!(body instanceof Csv)) throw new Error('a table must come from new Csv()')
        const name = { 'content-disposition': `attachment; filename="${body.filename}"` }
        writeReply(reply, status, csv, policies.csv(body), { ...further, ...name })
      }
    }
    case 'empty': {
      const bare = head()
      return (_request, reply, _status, body, further) => {
        if (body !== undefined && body !== null) throw new Error('an empty reply was given a body')
        writeReply(reply, status, bare, '', further)
      }
    }
    case 'text':
      return sendText(status, head('text/plain; charset=utf-8'))
    // JSON that was written ahead.
    case 'document':
      return sendText(status, head(JSON_TYPE))
    case 'css':
      return sendText(status, head('text/css; charset=utf-8'))
    case 'script':
      return sendText(status, head('text/javascript; charset=utf-8'))
  }
}

function sendText(status: number, head: PreparedHead): Send {
  return (_request, reply, _status, body, further) => {
    if (typeof body !== 'string') throw new Error('a text reply must be a string')
    writeReply(reply, status, head, body, further)
  }
}

function sendJson(status: number, policies: Validation): Send {
  const api = asObject(policies.apiHeaders())
  const head = prepareHead(status, policies.apiHeaders(), JSON_TYPE)
  const key = String(status)
  return (_request, reply, _status, body, further) => {
    // Compiled by Fastify when the route was registered; writes the declared properties and no others.
    const write = reply.getSerializationFunction(key)
    if (write === undefined) throw new Error('a reply without a compiled schema')
    const text = policies.serialize(write as (value: unknown) => string, body)
    // A server error with a body of its own goes the way of all errors, where it is watched for leaks.
    if (status >= 500)
      reply
        .code(status)
        .type(JSON_TYPE)
        .headers({ ...api, ...further } as Record<string, string>)
        .send(text)
    else writeReply(reply, status, head, text, further)
  }
}

const isOwnPath = (location: unknown): boolean =>
  typeof location === 'string' && /^\/(?![/\\])[\x21-\x7e]*$/.test(location) && !location.includes('\\')

const JSON_TYPE = 'application/json; charset=utf-8'
