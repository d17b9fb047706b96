import { type Html, html } from '../../platform/html/html.ts'
import type { Mail } from '../../platform/mail/index.ts'

/** What a mail says. Texts of any origin may stand in it: both forms are made here, and nothing in it becomes anything but text. */
export interface MailContent {
  readonly to: string
  readonly subject: string
  /** The first line of the mail itself. */
  readonly title: string
  readonly paragraphs: readonly string[]
  /** What there is to do: a button, and below it the address to copy. */
  readonly link?: {
    /** The button's words. */
    readonly label: string
    /** `https:`, or `http:` of a development on this machine. */
    readonly href: string
  }
  /** In small print: why somebody gets this, from whom. */
  readonly footer: string
  /** Of the texts, as HTML names languages. Default `en`. */
  readonly language?: string
}

/**
 * Lays a mail out, as plain text and as HTML: one column, no picture, no script, nothing fetched from anywhere.
 *
 * @throws TypeError for a link that leads elsewhere than to a page.
 */
export function composeMail(content: MailContent): Mail {
  const { link, language = 'en' } = content
  const subject = oneLine(content.subject)
  const title = oneLine(content.title)
  const paragraphs = content.paragraphs.map(oneLine)
  const footer = oneLine(content.footer)
  const action = link === undefined ? undefined : { label: oneLine(link.label), href: pageAddress(link.href) }
  return {
    to: content.to,
    subject,
    text: plain([title, ...paragraphs], action, footer),
    html: laidOut({ title, paragraphs, action, footer, language }).toString(),
  }
}

interface Action {
  readonly label: string
  readonly href: string
}

function plain(paragraphs: readonly string[], action: Action | undefined, footer: string): string {
  const parts = paragraphs.map(wrapped)
  // The address stands alone on its line and unbroken, so that it can be copied and is found by a click.
  if (action !== undefined) parts.push(`${action.label}:\n\n${action.href}`)
  return `${[...parts, `-- \n${wrapped(footer)}`].join('\n\n')}\n`
}

/** Lines of at most 72 characters where words allow it. */
function wrapped(text: string): string {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > LINE) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line].join('\n')
}

function laidOut({
  title,
  paragraphs,
  action,
  footer,
  language,
}: {
  readonly title: string
  readonly paragraphs: readonly string[]
  readonly action: Action | undefined
  readonly footer: string
  readonly language: string
}): Html {
  return html`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<meta name="x-apple-disable-message-reformatting">
<meta name="format-detection" content="telephone=no, date=no, address=no, email=no, url=no">
<title>${title}</title>
${STYLE}
</head>
<body class="paper" style="margin:0;padding:0;background:#f7f5f0">
<table role="presentation" class="paper" width="100%" cellpadding="0" cellspacing="0" border="0" style="background:#f7f5f0"><tr><td align="center" style="padding:32px 16px">
<table role="presentation" class="card" width="100%" cellpadding="0" cellspacing="0" border="0" style="max-width:560px;background:#ffffff;border:1px solid #e0dbd0;border-radius:10px"><tr><td style="padding:32px 32px 28px">
<h1 class="ink" style="margin:0 0 16px;font:600 24px/1.25 Georgia,'Times New Roman',serif;color:#1c2629">${title}</h1>
${paragraphs.map((text) => html`<p class="ink" style="margin:0 0 16px;font:16px/1.55 ${SANS};color:#1c2629">${text}</p>\n`)}${action === undefined ? null : button(action)}</td></tr></table>
<p class="soft" style="max-width:560px;margin:20px auto 0;padding:0 16px;font:13px/1.5 ${SANS};color:#5a676b;text-align:left">${footer}</p>
</td></tr></table>
</body>
</html>
`
}

const button = ({ label, href }: Action): Html => html`<p style="margin:24px 0 20px">
<a class="button" href="${href}" style="display:inline-block;padding:12px 22px;background:#0b5f66;border-radius:8px;font:600 16px/1.25 ${SANS};color:#ffffff;text-decoration:none">${label}</a></p>
<p class="soft" style="margin:0;font:13px/1.5 ${MONO};color:#5a676b;word-break:break-all"><a class="soft" href="${href}" style="color:#5a676b">${href}</a></p>
`

/**
 * What is no character to be seen goes: line ends, with which a header field could be made, and the marks that turn the direction of
 * reading, with which a text can be made to look like another.
 */
function oneLine(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .replace(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '')
    .replace(/ {2,}/g, ' ')
    .trim()
}

function pageAddress(href: string): string {
  const url = URL.parse(href)
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:') || url.username !== '')
    throw new TypeError('the link of a mail leads to a page')
  return url.href
}

const LINE = 72 // characters
const SANS = "system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
const MONO = "ui-monospace,Menlo,Consolas,'Courier New',monospace"

/** For readers that heed it: dark colours. The others have what stands at the elements. */
const STYLE: Html = html`<style>
@media (prefers-color-scheme: dark) {
.paper { background: #12171a !important; }
.card { background: #1a2125 !important; border-color: #2c363b !important; }
.ink { color: #e6ebea !important; }
.soft { color: #9aa8ab !important; }
.button { background: #63c3c4 !important; color: #0c1719 !important; }
}
</style>`
