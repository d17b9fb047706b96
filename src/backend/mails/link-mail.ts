import type { LinkPurpose } from '../../checklist/authentication/strong-authentication/index.ts'
import type { Mail } from '../../platform/mail/index.ts'
import { en } from '../words/en/index.ts'
import { composeMail } from './compose-mail.ts'

/** What is sent: one mail a purpose, and what the owner of an address hears that somebody else typed. */
export type LinkMail =
  | { readonly kind: LinkPurpose; readonly token: string }
  /** An administrator asks for it. */
  | { readonly kind: 'reset-by-administrator'; readonly token: string }
  /** The password was right, and is too short where nothing else is asked for. */
  | { readonly kind: 'reset-outgrown'; readonly token: string }
  | { readonly kind: 'sign-up-taken' }
  | { readonly kind: 'change-taken' }

/** @param at - the origin of our pages: `https://app.example`. */
export function linkMail(wanted: LinkMail, to: string, service: string, at: string): Mail {
  const { mails } = en.mailFlows
  const length = wanted.kind === 'sign-in' ? mails.tenMinutes : mails.hour
  const linked = (
    words: { subject(service: string): string; title: string; button: string },
    lead: string,
    path: string,
    footer: string = mails.footerAccount(service),
  ): Mail =>
    composeMail({
      to,
      subject: words.subject(service),
      title: words.title,
      paragraphs: [lead, mails.once(length), mails.ignore],
      link: { label: words.button, href: at + path },
      footer,
    })
  const taken = (words: typeof mails.changeTaken, help: readonly string[]): Mail =>
    composeMail({
      to,
      subject: words.subject(service),
      title: words.title,
      paragraphs: [words.lead(service), ...help],
      link: { label: words.button, href: `${at}/sign-in` },
      footer: mails.footerAccount(service),
    })
  switch (wanted.kind) {
    case 'sign-up':
      return linked(mails.signUp, mails.signUp.lead(service), `/sign-up/${wanted.token}`, mails.footerAsked(service))
    case 'sign-up-taken':
      return taken(mails.signUpTaken, [mails.signUpTaken.help])
    case 'verify':
      return linked(mails.verify, mails.verify.lead(service), `/verify/${wanted.token}`)
    case 'reset':
      return linked(mails.reset, mails.reset.lead(service), `/reset/${wanted.token}`)
    case 'reset-by-administrator':
      return linked(mails.reset, mails.reset.leadAdministrator(service), `/reset/${wanted.token}`)
    case 'reset-outgrown':
      return linked(mails.reset, mails.reset.leadOutgrown(service), `/reset/${wanted.token}`)
    case 'sign-in':
      return linked(mails.signIn, mails.signIn.lead(service), `/sign-in/link/${wanted.token}`)
    case 'change':
      return linked(
        mails.change,
        mails.change.lead(service),
        `/account/email/${wanted.token}`,
        mails.footerAsked(service),
      )
    case 'change-taken':
      return taken(mails.changeTaken, [])
  }
}
