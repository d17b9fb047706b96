import type { CheckReport, ClaimReport, ItemReport } from './report.ts'
import { momentText, sectionsOf, waiverText } from './report.ts'

/** JUnit XML: a suite per section, a case per claim; an item without claims that ran is one case. */
export function junitReport(report: CheckReport): string {
  const suites = sectionsOf(report.items).map((section) => {
    const cases = section.items.flatMap(casesOf)
    const number = (outcome: Case['outcome']): number => cases.filter((one) => one.outcome === outcome).length
    const seconds = cases.reduce((sum, one) => sum + one.milliseconds, 0) / 1000
    return [
      `  <testsuite name="${xml(section.title)}" tests="${cases.length}" failures="${number('failure')}" errors="0" skipped="${number('skipped')}" time="${seconds.toFixed(3)}">`,
      ...cases.map(caseXml),
      '  </testsuite>',
    ].join('\n')
  })
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="${xml(`holdfast check of ${report.backend}`)}" timestamp="${new Date(report.finishedAt).toISOString()}" time="${(report.milliseconds / 1000).toFixed(3)}">`,
    ...suites,
    '</testsuites>',
    '',
  ].join('\n')
}

interface Case {
  readonly item: string
  readonly name: string
  readonly milliseconds: number
  readonly outcome: 'passed' | 'failure' | 'skipped'
  readonly message: string
  readonly details: readonly string[]
}

function casesOf(item: ItemReport): readonly Case[] {
  if (item.claims.length === 0) {
    const message = [`${item.verdict}: ${item.reason}`, ...item.waivers.map(waiverText)].join('; ')
    return [{ item: item.id, name: item.title, milliseconds: 0, outcome: 'skipped', message, details: [] }]
  }
  return item.claims.map((claim) => ({
    item: item.id,
    name: `${claim.claim}: ${claim.says}`,
    milliseconds: claim.milliseconds,
    outcome: outcomeOf(claim),
    message: [`${claim.verdict}: ${claim.reason}`, ...waiversOf(item, claim).map(waiverText)].join('; '),
    details: detailsOf(item, claim),
  }))
}

const waiversOf = (item: ItemReport, claim: ClaimReport): ItemReport['waivers'] =>
  item.waivers.filter((waiver) => waiver.claim === undefined || waiver.claim === claim.claim)

/** JUnit knows no third verdict: what is unproved is skipped, and never passed. */
const outcomeOf = (claim: ClaimReport): Case['outcome'] =>
  claim.verdict === 'holds' ? 'passed' : claim.verdict === 'broken' ? 'failure' : 'skipped'

function detailsOf(item: ItemReport, claim: ClaimReport): readonly string[] {
  const failed = claim.evidence.filter((piece) => !piece.ok)
  return [
    ...failed.map((piece) => `${piece.tried}: saw ${piece.saw}, expected ${piece.expected}`),
    `by hand: ${claim.byHand}`,
    `what to do: ${item.remedy}`,
    ...(claim.lastSeenFailing === undefined ? [] : [`last seen failing: ${momentText(claim.lastSeenFailing.at)}`]),
  ]
}

function caseXml(one: Case): string {
  const open = `    <testcase classname="${xml(one.item)}" name="${xml(one.name)}" time="${(one.milliseconds / 1000).toFixed(3)}"`
  if (one.outcome === 'passed') return `${open}/>`
  if (one.outcome === 'skipped') return `${open}>\n      <skipped message="${xml(one.message)}"/>\n    </testcase>`
  return `${open}>\n      <failure message="${xml(one.message)}">${xml(one.details.join('\n'))}</failure>\n    </testcase>`
}

/** Escapes for text and attributes; characters that XML 1.0 can't hold become U+FFFD. */
const xml = (text: string): string =>
  text
    .toWellFormed()
    .replace(FORBIDDEN, '\uFFFD')
    .replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const FORBIDDEN = /[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g
