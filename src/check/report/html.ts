import { createHash } from 'node:crypto'
import { type Html, html } from '../../platform/html/html.ts'
import { count } from '../prove.ts'
import {
  type CheckReport,
  type ClaimReport,
  firstEvidence,
  type ItemReport,
  momentText,
  sectionsOf,
  tally,
  tallyText,
  waiverText,
} from './report.ts'
import { STYLE } from './style.ts'

/** One self-contained page, to be read, mailed and printed: no script, no request, nothing but its own style allowed. */
export function htmlReport(report: CheckReport): string {
  const policy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; base-uri 'none'; form-action 'none'`
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>Holdfast · ${report.backend}</title>
<style></style>
</head>
<body>
<header>
<p class="name">Holdfast</p>
<h1>${report.backend}</h1>
<p class="tally">${tallyText(report.items)}</p>
${bar(report)}
<dl>
<div><dt>Checked</dt><dd>${momentText(report.finishedAt)}</dd></div>
<div><dt>Took</dt><dd>${(report.milliseconds / 1000).toFixed(1)} s</dd></div>
<div><dt>Definition</dt><dd><code>${report.definitionHash.slice(0, 16)}</code></dd></div>
<div><dt>Lock file</dt><dd><code>${report.lockHash.slice(0, 16)}</code></dd></div>
<div><dt>Source</dt><dd><code>${report.sourceHash?.slice(0, 16) ?? 'unknown'}</code></dd></div>
</dl>
${report.notes.map((note) => html`<p class="note">${note}</p>\n`)}</header>
<main>
${sectionsOf(report.items).map(
  (section) => html`<section>
<h2><span>${section.number}</span> ${section.title}</h2>
${section.items.map(itemHtml)}</section>
`,
)}</main>
</body>
</html>
`.toString()
  // The style is ours and holds no `<`; the template escapes quotes, which the hash in the policy would not survive.
  return page.replace('<style></style>', () => `<style>${STYLE}</style>`)
}

/** A strip with a part for each item in the list's order, coloured by verdict. */
const bar = (report: CheckReport): Html => {
  const number = tally(report.items)
  const label = `${number.holds} of ${report.items.length} items hold`
  return html`<p class="bar" role="img" aria-label="${label}">${report.items.map((item) => html`<i class="${item.verdict}"></i>`)}</p>`
}

const itemHtml = (item: ItemReport): Html => html`<article class="${item.verdict}" id="${item.id.replace('/', '.')}">
<h3>${item.title} <span class="verdict">${item.verdict === 'not-applicable' ? 'not applicable' : item.verdict}</span></h3>
<p class="requirement">${item.requirement}</p>
<p class="reason">${item.reason}</p>
${item.verdict === 'broken' ? html`<p class="remedy"><strong>What to do</strong> ${item.remedy}</p>\n` : null}${item.waivers.map((waiver) => html`<p class="waiver">${waiverText(waiver)}</p>\n`)}${item.claims.length === 0 ? null : claimsHtml(item)}<p class="sources">${item.sources.join(' · ')}</p>
</article>
`

const claimsHtml = (item: ItemReport): Html => html`<details${openWhen(item.verdict === 'broken')}>
<summary>${count(item.claims.length, 'claim')}${proved(item)}</summary>
${item.claims.map(claimHtml)}</details>
`

const claimHtml = (claim: ClaimReport): Html => html`<div class="claim ${claim.verdict}">
<h4>${claim.says}</h4>
<p class="reason">${claim.verdict === 'not-applicable' ? 'not applicable' : claim.verdict}: ${claim.reason}</p>
${claim.evidence.length === 0 ? null : evidenceHtml(claim)}<p class="hand">By hand <code>${claim.byHand}</code></p>
<p class="failing">${failing(claim)}</p>
</div>
`

const evidenceHtml = (claim: ClaimReport): Html => html`<table>
<thead><tr><th>Tried</th><th>Saw</th><th>Expected</th></tr></thead>
<tbody>
${firstEvidence(claim, SHOWN).map(
  (
    piece,
  ) => html`<tr class="${piece.ok ? piece.side : 'failed'}"><td>${piece.tried}</td><td>${piece.saw}</td><td>${piece.expected}</td></tr>
`,
)}</tbody>
</table>
${more(claim)}`

function more(claim: ClaimReport): Html | null {
  const rest = claim.counts.positive + claim.counts.negative - Math.min(claim.evidence.length, SHOWN)
  return rest > 0 ? html`<p class="more">${rest} more tried, not shown here</p>\n` : null
}

const proved = (item: ItemReport): string =>
  item.provedAt === null || item.expiresAt === null
    ? ''
    : ` · proved ${momentText(item.provedAt)}, keeps until ${momentText(item.expiresAt)}`

const failing = ({ lastSeenFailing }: ClaimReport): string =>
  lastSeenFailing === undefined
    ? 'Not yet seen failing here: run sabotage.'
    : `Last seen failing ${momentText(lastSeenFailing.at)}, by sabotage ${lastSeenFailing.sabotage}.`

const openWhen = (open: boolean): Html | null => (open ? html` open` : null)

/** Pieces of evidence of a claim that are shown. */
const SHOWN = 12
