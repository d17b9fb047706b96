import { count } from '../prove.ts'
import { BOXES, type CheckReport, type ItemReport, sectionsOf, tallyText, waiverText } from './report.ts'

export interface MarkdownOptions {
  /** Where an item's README stands, relative to the file that is written; `undefined` where it has none. */
  readonly linkOf?: (id: string) => string | undefined
}

/**
 * CHECKLIST.md. It holds no date, no duration and no count of tries: it changes when a verdict or the list of claims does,
 * so that its history is the history of the verdicts.
 */
export function markdownReport(report: CheckReport, options: MarkdownOptions = {}): string {
  const lines = [
    '# The backend security checklist',
    '',
    `What \`check\` found for **${escapeMarkdown(report.backend)}**: ${tallyText(report.items)}.`,
    '',
    '`[x]` holds: every claim was attacked and withstood · `[!]` broken · `[ ]` unproved: evidence is missing · `[-]` not applicable.',
    'This file is written by `npm run check:write`; when each verdict was proved, and by which evidence, is in the reports of `check`.',
  ]
  for (const section of sectionsOf(report.items)) {
    lines.push('', `## ${section.number}. ${escapeMarkdown(section.title)}`, '')
    for (const item of section.items) lines.push(...itemLines(item, options))
  }
  return `${lines.join('\n')}\n`
}

function itemLines(item: ItemReport, options: MarkdownOptions): readonly string[] {
  const link = options.linkOf?.(item.id)
  const title = escapeMarkdown(item.title)
  const name = link === undefined ? title : `[${title}](${link})`
  const lines = [`- ${BOXES[item.verdict]} **${name}**: ${escapeMarkdown(item.requirement)} _${stableReason(item)}._`]
  for (const claim of item.claims) {
    if (claim.verdict === 'broken') lines.push(`  - broken: ${escapeMarkdown(claim.says)}`)
  }
  if (item.verdict === 'broken') lines.push(`  - to do: ${escapeMarkdown(item.remedy)}`)
  for (const waiver of item.waivers) lines.push(`  - ${escapeMarkdown(waiverText(waiver))}`)
  return lines
}

/** The verdict with what does not change from run to run. */
function stableReason(item: ItemReport): string {
  const proved = item.claims.filter((claim) => claim.verdict === 'holds').length
  switch (item.verdict) {
    case 'holds':
      return `holds: ${count(proved, 'claim')} proved, ${count(item.sabotages, 'sabotage')} to see them fail`
    case 'broken':
      return 'broken'
    case 'not-applicable':
      return 'not applicable'
    case 'unproved':
      return item.state === 'not-built' ? 'unproved: not built' : `unproved: ${unprovedClaims(item)}`
  }
}

function unprovedClaims(item: ItemReport): string {
  const names = item.claims.filter((claim) => claim.verdict === 'unproved').map((claim) => `\`${claim.claim}\``)
  return names.length === 0 ? 'its claims were not run' : names.join(', ')
}

/** Texts may come from replies: nothing in them may become markup. */
const escapeMarkdown = (text: string): string => text.replace(/[\\`*_[\]<>|#~]/g, '\\$&').replace(/\s+/g, ' ')
