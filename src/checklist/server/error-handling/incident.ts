import type { FastifyRequest } from 'fastify'
import type { SecurityEvent } from '../../../kernel/event.ts'
import type { Principal } from '../../../kernel/principal.ts'
import type { ProblemCode } from '../../../kernel/refusal.ts'
import type { Problem } from '../../../platform/http/problem.ts'
import type { Log, LogFields } from '../../../platform/log/log.ts'
import type { Leak } from './leak-watch.ts'

/** One refusal or error, as log and events are told of it. */
export interface Incident {
  readonly problem: Problem
  /** What the leak watch found in the reply that would have left. */
  readonly leak: Leak | null
  readonly cause: unknown
  readonly address: string
  /** The declared route, `GET /notes/:id`: never the target itself, which may hold secrets. */
  readonly route?: string
  readonly principal?: Principal | null
  /** What Node's HTTP parser said. */
  readonly parser?: string
}

/** What an incident takes from the request it happened in. */
export function fieldsOf(request: FastifyRequest): Pick<Incident, 'address' | 'route' | 'principal'> {
  const { declared } = request.routeOptions.config
  const principal = request.principal ?? null
  const from = { address: request.clientAddress, principal }
  return declared === undefined ? from : { ...from, route: `${declared.method} ${declared.path}` }
}

/** What the log keeps of an incident: each text from outside is a value in a field of ours. */
export function lineOf({ problem, leak, cause, address, route, principal, parser }: Incident): LogFields {
  return {
    id: problem.id,
    code: problem.code,
    status: problem.status,
    route,
    address,
    account: principal?.accountId,
    fields: problem.fields,
    parser,
    leak: leak ?? undefined,
    cause,
  }
}

/** Writes the cause under the id that the sender was given. */
export function logIncident(log: Log, { problem }: Incident, line: LogFields): void {
  if (problem.code === 'unexpected') log.error(line, 'unexpected error')
  else if (problem.status >= 500) log.warn(line, 'request not served')
  else log.info(line, 'request refused')
}

/** Reports an incident as security events, where it is one. */
export function reportIncident(report: (event: SecurityEvent) => void, incident: Incident): void {
  const { problem, leak, address, route, principal } = incident
  const about = {
    result: 'failure',
    accountId: principal?.accountId,
    sessionId: principal?.sessionId,
    tenantId: principal?.tenantId ?? undefined,
    object: route === undefined ? undefined : `route ${route}`,
    address,
    requestId: problem.id,
  } as const
  if (leak !== null) report({ ...about, name: 'sys_leak_stopped', fields: { pattern: leak } })
  if (problem.code === 'input-invalid') {
    const fields = (problem.fields ?? []).map((field) => field.at)
    report({ ...about, name: 'input_validation_fail', fields: { fields } })
  } else if (MALFORMED.has(problem.code)) {
    report({ ...about, name: 'malformed_request', fields: { code: problem.code } })
  } else if (problem.code === 'database-unavailable') {
    report({ ...about, name: 'sys_database_unavailable', fields: {} })
  } else if (problem.status >= 500 && problem.code !== 'shutting-down') {
    report({ ...about, name: 'sys_error', fields: { problem: problem.code } })
  }
}

const MALFORMED: ReadonlySet<ProblemCode> = new Set([
  'request-malformed',
  'request-timeout',
  'uri-too-long',
  'headers-too-large',
  'body-malformed',
  'body-too-deep',
  'body-too-large',
  'content-type-unsupported',
])
