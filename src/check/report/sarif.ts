import type { Verdict } from '../../kernel/claim.ts'
import { type CheckReport, type ItemReport, waiverText } from './report.ts'

/** SARIF 2.1.0: a rule per item, a result per claim, or one per item where no claim ran. */
export function sarifReport(report: CheckReport): object {
  return {
    $schema: 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'Holdfast', rules: report.items.map(rule) } },
        automationDetails: { id: `holdfast/${report.backend}/` },
        invocations: [{ executionSuccessful: true, endTimeUtc: new Date(report.finishedAt).toISOString() }],
        properties: { definitionHash: report.definitionHash, lockHash: report.lockHash, sourceHash: report.sourceHash },
        columnKind: 'utf16CodeUnits',
        results: report.items.flatMap((item, ruleIndex) => results(item, ruleIndex)),
      },
    ],
  }
}

function rule(item: ItemReport): object {
  return {
    id: item.id,
    name: item.title,
    shortDescription: { text: item.title },
    fullDescription: { text: item.requirement },
    help: { text: item.remedy },
    properties: { tags: ['security', ...item.sources], waivers: item.waivers.map(waiverText) },
  }
}

function results(item: ItemReport, ruleIndex: number): readonly object[] {
  const suppressions = item.waivers
    .filter((waiver) => item.waived && waiver.inForce)
    .map((waiver) => ({ kind: 'external', status: 'accepted', justification: waiverText(waiver) }))
  const shared = { ruleId: item.id, ruleIndex, ...(suppressions.length > 0 && { suppressions }) }
  if (item.claims.length === 0) {
    return [
      {
        ...shared,
        ...OUTCOMES[item.verdict],
        message: { text: `${item.title}: ${item.reason}` },
        locations: [location(item.id)],
      },
    ]
  }
  return item.claims.map((claim) => ({
    ...shared,
    ...OUTCOMES[claim.verdict],
    message: { text: `${claim.says} ${claim.verdict}: ${claim.reason}` },
    locations: [location(`${item.id}/${claim.claim}`)],
    // Lets a reader of several runs see that it is the same finding.
    partialFingerprints: { 'holdfastClaim/v1': `${item.id}/${claim.claim}` },
    properties: {
      byHand: claim.byHand,
      tried: claim.counts.positive + claim.counts.negative,
      failed: claim.counts.failed,
    },
  }))
}

/** What was attacked is no file: the place is the claim's name in the list. */
const location = (fullyQualifiedName: string): object => ({
  logicalLocations: [{ fullyQualifiedName, kind: 'resource' }],
})

/** SARIF 3.27.9: only a `fail` may have a level other than `none`. */
const OUTCOMES: Readonly<Record<Verdict, { readonly kind: string; readonly level: string }>> = {
  holds: { kind: 'pass', level: 'none' },
  broken: { kind: 'fail', level: 'error' },
  unproved: { kind: 'open', level: 'none' },
  'not-applicable': { kind: 'notApplicable', level: 'none' },
}
