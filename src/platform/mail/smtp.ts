import { createTransport } from 'nodemailer'
import type { Secret } from '../../kernel/secret.ts'
import type { Mail, MailTransport } from './mail.ts'
import { MailRefused } from './mail-refused.ts'

export interface SmtpOptions {
  readonly host: string
  readonly port: number
  readonly user: string | null
  readonly password: Secret | null
  /** `required`: STARTTLS or nothing. `none`: for loopback in development alone. The certificate is always verified. */
  readonly tls: 'at-once' | 'required' | 'none'
  /** PEM of the authority. Default the system's. */
  readonly ca?: string | undefined
  readonly from: { readonly name: string | null; readonly address: string }
  /** How long the server may take for each step, in milliseconds. Default 10,000. */
  readonly timeout?: number
}

/** Hands mails over by SMTP, on at most four connections, which are kept for a while. */
export function smtpTransport(options: SmtpOptions): MailTransport {
  const { host, port, user, password, tls, ca, from, timeout = 10_000 } = options
  const transport = createTransport({
    pool: true,
    host,
    port,
    secure: tls === 'at-once',
    requireTLS: tls === 'required',
    ignoreTLS: tls === 'none',
    ...(user === null || password === null ? {} : { auth: { user, pass: password.release() } }),
    tls: { rejectUnauthorized: true, minVersion: 'TLSv1.2', ...(ca === undefined ? {} : { ca }) },
    connectionTimeout: timeout,
    greetingTimeout: timeout,
    socketTimeout: timeout,
    dnsTimeout: timeout,
    maxConnections: MOST_CONNECTIONS,
    maxMessages: 100,
    idleTimeout: 30_000,
    // The queue tries again, and knows how often it did.
    maxRequeues: 0,
    // No text of a mail can name a file or an address for us to fetch.
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  return {
    async send(mail, id, signal) {
      const { to, subject } = sendable(mail)
      await transport
        .sendMail({
          // Names and addresses apart: nothing in them is read as a list.
          from: { name: from.name ?? '', address: from.address },
          to: { name: '', address: to },
          envelope: { from: from.address, to: [to] },
          messageId: `<${id}@${from.address.split('@')[1]}>`,
          subject,
          text: mail.text,
          html: mail.html,
          headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
          ...(signal === undefined ? {} : { signal }),
        })
        .catch((error: unknown) => {
          throw refusalOf(error)
        })
    },
    async close() {
      transport.close()
    },
  }
}

/** @throws MailRefused for an address that is more than one, or a subject of several lines: no server is asked. */
function sendable({ to, subject }: Mail): Pick<Mail, 'to' | 'subject'> {
  if (!ADDRESS.test(to) || to.length > 254) throw new MailRefused('the address is none', true)
  if (/[\p{Cc}\u2028\u2029]/u.test(subject) || subject.length > 500)
    throw new MailRefused('the subject is no line', true)
  return { to, subject }
}

/** Without what the server wrote: it quotes addresses. */
function refusalOf(error: unknown): MailRefused {
  const { code, responseCode } = (typeof error === 'object' && error !== null ? error : {}) as {
    readonly code?: unknown
    readonly responseCode?: unknown
  }
  const step = typeof code === 'string' && /^[A-Z_]{1,40}$/.test(code) ? code : 'EUNKNOWN'
  const reply = typeof responseCode === 'number' ? responseCode : undefined
  // What is wrong with the recipient or the mail itself stays wrong. A refused password may be put right.
  const forGood = reply !== undefined && reply >= 500 && (step === 'EENVELOPE' || step === 'EMESSAGE')
  return new MailRefused(reply === undefined ? step : `${step} ${reply}`, forGood)
}

const MOST_CONNECTIONS = 4
/** One address and nothing beside it; which ones there are is judged before. */
const ADDRESS = /^[^\s\p{Cc}@<>()[\]\\,;:"]{1,64}@[^\s\p{Cc}@<>()[\]\\,;:"]{1,189}$/u
