import type { CredentialChange } from '../checklist/authentication/strong-authentication/index.ts'
import { timeText } from '../platform/html/time.ts'
import type { Caller } from './caller.ts'
import type { Controls } from './controls.ts'
import { deviceName } from './device-name.ts'
import { composeMail } from './mails/compose-mail.ts'
import type { AccountsTransaction, BackendParts } from './parts.ts'
import { en } from './words/en/index.ts'

/** A change of a credential, as its owner is told. */
export interface Notice {
  readonly change: CredentialChange
  /** The passkey's or provider's name, the new address, the moment: what the text of this change speaks of. */
  readonly detail?: string
}

/** Tells people of every change of the ways in which they sign in, in the transaction that makes the change. */
export class Notices {
  readonly #controls: Controls
  readonly #parts: Pick<BackendParts, 'clock' | 'mail' | 'definition' | 'publicOrigins'>

  constructor(controls: Controls, parts: Pick<BackendParts, 'clock' | 'mail' | 'definition' | 'publicOrigins'>) {
    this.#controls = controls
    this.#parts = parts
  }

  /**
   * Of a change of the address, call it before the change: it goes where the account receives mail at this moment.
   *
   * @param from - whose request it was; `null` where it was nobody's.
   */
  async tell(
    tx: AccountsTransaction,
    accountId: string,
    { change, detail = '' }: Notice,
    from: Pick<Caller, 'address' | 'device'> | null,
  ): Promise<void> {
    const { clock, mail, definition, publicOrigins } = this.#parts
    const { notices } = this.#controls['authentication/strong-authentication']
    const words = en.notices
    const what = words.what[change](detail)
    const when = timeText(clock.now())
    for (const to of await notices.addressees(tx, accountId, change)) {
      await mail.stage(
        tx,
        composeMail({
          to,
          subject: words.subject(definition.title),
          title: what,
          paragraphs: [
            words.happened(what, definition.title),
            from === null
              ? words.when(when)
              : words.where(when, from.address, deviceName(from.device, en.account.devices)),
            words.yours,
            words.notYours[ADVICE[change] ?? 'reset'],
          ],
          link: { label: words.button, href: `${publicOrigins[0] ?? ''}/account` },
          footer: words.footer(definition.title),
        }),
      )
    }
  }

  /** Tells an owner of somebody else's account, whose page the mail leads to. */
  async tellOther(
    tx: AccountsTransaction,
    ownerId: string,
    accountId: string,
    { change, email, when, byOperator }: OthersNotice,
  ): Promise<void> {
    const { mail, definition, publicOrigins } = this.#parts
    const { notices } = this.#controls['authentication/strong-authentication']
    const words = en.notices.others
    const what = words.what[change](email, when)
    for (const to of await notices.addressees(tx, ownerId, change)) {
      await mail.stage(
        tx,
        composeMail({
          to,
          subject: words.subject(definition.title),
          title: what,
          paragraphs: [
            words.happened(what, definition.title),
            ...(byOperator ? [words.operator] : []),
            ...(change === 'factor-reset-started' ? [words.cancel] : []),
            ...(change === 'factor-reset-done' ? [words.look] : []),
          ],
          link: { label: words.button, href: `${publicOrigins[0] ?? ''}/admin/people/${accountId}` },
          footer: words.footer(definition.title),
        }),
      )
    }
  }
}

/** A change of somebody's factors that concerns others too. */
export interface OthersNotice {
  readonly change: keyof typeof en.notices.others.what
  readonly email: string
  /** When it takes effect. */
  readonly when: string
  /** Nobody who is signed in has asked for it. */
  readonly byOperator: boolean
}

/** Where choosing a new password is not what helps. */
const ADVICE: Partial<Record<CredentialChange, keyof typeof en.notices.notYours>> = {
  'address-changed': 'operator',
  'factor-reset-started': 'cancel',
}
