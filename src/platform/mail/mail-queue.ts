import { uuidv7 } from '../../kernel/id.ts'
import type { Clock } from '../../kernel/time.ts'
import { type Job, MAIL, stageJob } from '../jobs/index.ts'
import type { Sealer } from '../keys/index.ts'
import type { Mail, MailQueue } from './mail.ts'

export interface MailQueueParts {
  readonly sealer: Sealer
  readonly clock: Clock
  readonly random: (bytes: number) => Buffer
}

/** Stages mails as jobs, each sealed for its own job: links in them are secrets. */
export function createMailQueue({ sealer, clock, random }: MailQueueParts): MailQueue {
  return {
    async stage(tx, mail, delivery = 'send') {
      const id = uuidv7(clock.now(), random)
      const content = Buffer.from(JSON.stringify({ ...mail, discard: delivery === 'discard' }))
      const sealed = sealer.seal(content, contextOf(id)).toString('base64')
      await stageJob(tx, MAIL, id, { sealed })
    },
  }
}

/**
 * The mail of a job; `null` where it was only queued to look like one.
 *
 * @throws SealBroken, or TypeError for what no release of ours put there. Neither says what is in it.
 */
export function openMail(job: Pick<Job, 'id' | 'data'>, sealer: Sealer): Mail | null {
  const sealed = textOf(job.data, 'sealed')
  const mail: unknown = JSON.parse(sealer.open(Buffer.from(sealed, 'base64'), contextOf(job.id)).toString())
  if (typeof mail === 'object' && mail !== null && Reflect.get(mail, 'discard') === true) return null
  return {
    to: textOf(mail, 'to'),
    subject: textOf(mail, 'subject'),
    text: textOf(mail, 'text'),
    html: textOf(mail, 'html'),
  }
}

function textOf(value: unknown, name: string): string {
  const text: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
  if (typeof text !== 'string') throw new TypeError(`a mail in the queue has no ${name}`)
  return text
}

const contextOf = (id: string): string => `mail ${id}`
