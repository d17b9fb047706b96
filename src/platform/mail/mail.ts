import type { Kysely } from 'kysely'

/** One mail, in both forms. Nothing in it is taken from a visitor without being escaped. */
export interface Mail {
  readonly to: string
  /** One line. */
  readonly subject: string
  readonly text: string
  readonly html: string
}

/** Where mails go on their way out. */
export interface MailQueue {
  /**
   * Puts a mail on its way in the transaction that is the reason for it: sent when that commits, by the worker, never awaited.
   * The whole mail is sealed in the queue, since links in it are secrets.
   *
   * @param delivery - `discard` queues it like any other and has the worker throw it away: whoever asks for a mail to an address
   * must not learn, not even by the time it takes, whether one is sent there.
   */
  // biome-ignore lint/suspicious/noExplicitAny: any role's transaction that may insert into the queue
  stage(tx: Kysely<any>, mail: Mail, delivery?: 'send' | 'discard'): Promise<void>
}

/** Hands one mail over: SMTP, the outbox of development, the recording double of a twin. */
export interface MailTransport {
  /**
   * @param id - of the mail: the same when it is tried again, so that a second copy can be told as one.
   * @param signal - gives up.
   *
   * @throws where it was not taken; the queue tries again, unless it is {@link MailRefused} for good.
   */
  send(mail: Mail, id: string, signal?: AbortSignal): Promise<void>
  close(): Promise<void>
}
