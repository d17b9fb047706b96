import { type ClientData, type Expected, WebauthnMismatch } from './webauthn.ts'

/**
 * Reads what the browser says it was asked, before anything is believed of it.
 *
 * @throws {@link WebauthnMismatch} `malformed`.
 *
 * @see Web Authentication, 5.8.1
 */
export function readClientData(encoded: string): ClientData {
  let data: unknown
  try {
    data = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(encoded, 'base64url')))
  } catch (cause) {
    throw new WebauthnMismatch('malformed', { cause })
  }
  if (typeof data !== 'object' || data === null) throw new WebauthnMismatch('malformed')
  const { type, challenge, origin, crossOrigin = false } = data as Readonly<Record<string, unknown>>
  if (typeof type !== 'string' || typeof challenge !== 'string' || typeof origin !== 'string')
    throw new WebauthnMismatch('malformed')
  if (typeof crossOrigin !== 'boolean') throw new WebauthnMismatch('malformed')
  return { type, challenge, origin, crossOrigin }
}

/** Whether it was one of our pages that asked, for this kind of answer, and not from within a page of somebody else. */
export function checkClientData(data: ClientData, type: 'webauthn.get' | 'webauthn.create', expected: Expected): void {
  if (data.type !== type) throw new WebauthnMismatch('type')
  if (!expected.origins.includes(data.origin)) throw new WebauthnMismatch('origin')
  if (data.crossOrigin) throw new WebauthnMismatch('cross-origin')
}
