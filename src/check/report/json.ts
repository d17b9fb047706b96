import type { Verdict } from '../../kernel/claim.ts'
import type { CheckReport } from './report.ts'

/** What `check --json` prints. Stable: fields are added, never changed or taken away. */
export interface CheckJson {
  readonly items: readonly {
    readonly id: string
    readonly verdict: Verdict
    readonly reason: string
    readonly evidence: readonly {
      readonly claim: string
      readonly tried: string
      readonly saw: string
      readonly expected: string
      readonly ok: boolean
    }[]
    /** ISO 8601; `null` where nothing was tried. */
    readonly provedAt: string | null
    readonly expiresAt: string | null
    /** Only where there are some, in force or not. */
    readonly waivers?: readonly {
      readonly claim?: string
      readonly reason: string
      readonly owner: string
      readonly expires: string
      readonly inForce: boolean
    }[]
  }[]
}

export function jsonReport(report: CheckReport): CheckJson {
  return {
    items: report.items.map((item) => ({
      id: item.id,
      verdict: item.verdict,
      reason: item.reason,
      evidence: item.claims.flatMap((claim) =>
        claim.evidence.map(({ tried, saw, expected, ok }) => ({ claim: claim.claim, tried, saw, expected, ok })),
      ),
      provedAt: item.provedAt === null ? null : new Date(item.provedAt).toISOString(),
      expiresAt: item.expiresAt === null ? null : new Date(item.expiresAt).toISOString(),
      ...(item.waivers.length > 0 && { waivers: item.waivers.map(({ item: _, ...waiver }) => waiver) }),
    })),
  }
}
