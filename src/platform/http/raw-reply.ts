import type { ServerResponse } from 'node:http'
import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import type { ProblemCode } from '../../kernel/refusal.ts'
import { PROBLEM_TYPE, plainProblem, problemBody } from './problem.ts'
import type { HeaderList } from './security-headers.ts'

/** Answers a request that no route will see, and closes: what follows on such a connection is not trusted. */
export function answerProblem(response: ServerResponse, code: ProblemCode, id: string, headers: HeaderList): void {
  const problem = plainProblem(code, id)
  const body = problemBody(problem)
  response.writeHead(problem.status, [...headers, ...bodyFields(body), 'connection', 'close'])
  response.end(body)
}

/**
 * Answers on the bare connection where the parser gave up and there is no response object. The connection is then read
 * for a moment and thrown away: closing at once would reset it, and the client would not see why.
 *
 * @returns whether an answer was written: not when a reply is already under way or the connection is gone.
 */
export function answerOnSocket(socket: Duplex, code: ProblemCode, id: string, headers: HeaderList): boolean {
  if (ANSWERED.has(socket)) return false // the parser reports each further chunk again
  ANSWERED.add(socket)
  if (!socket.writable || replyUnderWay(socket)) {
    socket.destroy()
    return false
  }
  const problem = plainProblem(code, id)
  const body = problemBody(problem)
  const fields = [...headers, ...bodyFields(body), 'connection', 'close']
  let head = `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ''}\r\n`
  for (let i = 0; i < fields.length; i += 2) head += `${fields[i]}: ${fields[i + 1]}\r\n`
  socket.end(`${head}\r\n${body}`)
  const linger = setTimeout(() => socket.destroy(), LINGER)
  linger.unref()
  socket.once('close', () => clearTimeout(linger))
  return true
}

const ANSWERED = new WeakSet<Duplex>()

/** Milliseconds a refused connection may still send into the void, so that the refusal is read. */
const LINGER = 1_000

/** Bytes in the middle of another reply would be taken for its body. Node keeps the reply under way on the socket. */
function replyUnderWay(socket: Duplex & { _httpMessage?: { headersSent?: boolean } | null }): boolean {
  return socket._httpMessage?.headersSent === true
}

const bodyFields = (body: string): HeaderList => [
  'content-type',
  PROBLEM_TYPE,
  'content-length',
  String(Buffer.byteLength(body)),
]
