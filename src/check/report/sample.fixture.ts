import { hours } from '../../kernel/time.ts'
import { claim, item, NOON } from '../fakes.fixture.ts'
import { notRun, type ProvedClaim } from '../prove.ts'
import { type CheckReport, type ClaimReport, reportItems } from './report.ts'

/** A report with one item of every verdict, hostile text in its evidence, and waivers in and out of force. */
export function sampleReport(): CheckReport {
  const sessions = item({
    id: 'authentication/session-management',
    title: 'Sessions',
    requirement: 'A session is known by an unguessable token that ends when it should.',
    claims: [
      claim({ id: 'fixation', says: "A session's token changes at sign-in." }),
      claim({ id: 'fleet', level: 'where-present' }),
    ],
  })
  const access = item({
    id: 'authentication/access-control',
    title: 'Roles and permissions',
    requirement: 'Nobody reads or changes what they may not.',
    remedy: 'Give the route a permission and its table an owner.',
    claims: [
      claim({ id: 'matrix', says: 'Nobody gets what is not theirs.' }),
      claim({ id: 'rows', needs: ['database'] }),
      claim({ id: 'functions', needs: ['database'] }),
      claim({ id: 'examples' }),
    ],
  })
  const scanning = item({
    id: 'uploads/malware-scanning',
    title: 'Malware in uploads',
    claims: [claim({ id: 'daemon', level: 'where-present' })],
  })
  const unbuilt = item({ id: 'database/strong-passwords', title: 'Strong passwords', state: 'not-built' })
  const own = item({ id: 'shop/prices', title: 'Prices', claims: [claim({ id: 'floor' })] })

  const evidence = {
    positive: { side: 'positive', tried: 'GET /me with the new token', saw: '200', expected: '200', ok: true },
    negative: { side: 'negative', tried: 'GET /me with the token from before', saw: '401', expected: '401', ok: true },
    failed: {
      side: 'negative',
      tried: 'GET /notes/1 as <script>alert("1")</script> & co',
      saw: '200 |*_`\\x1b[31m`',
      expected: '404',
      ok: false,
    },
  } as const
  const base = (about: Parameters<typeof notRun>[1], id: string): ProvedClaim => notRun(id, about, 'unproved', '')
  const claims: readonly ClaimReport[] = [
    {
      ...base(claim({ id: 'fixation', says: "A session's token changes at sign-in.", keeps: hours(24) }), sessions.id),
      verdict: 'holds',
      reason: 'GET /me with the token from before: 401; 1 attempt failed, 1 legitimate use succeeded',
      evidence: [evidence.positive, evidence.negative],
      counts: { positive: 1, negative: 1, failed: 0 },
      provedAt: NOON,
      milliseconds: 120,
      earlier: false,
      lastSeenFailing: { at: NOON - 86_400_000, sabotage: 'keep-token-at-sign-in' },
    },
    {
      ...base(claim({ id: 'fleet', level: 'where-present' }), sessions.id),
      verdict: 'not-applicable',
      reason: 'one node only',
      earlier: false,
    },
    {
      ...base(claim({ id: 'matrix', says: 'Nobody gets what is not theirs.' }), access.id),
      verdict: 'broken',
      reason: `${evidence.failed.tried}: saw ${evidence.failed.saw}, expected 404 (1 of 40 tries)`,
      evidence: [evidence.failed, evidence.positive],
      counts: { positive: 10, negative: 30, failed: 1 },
      provedAt: NOON - 3_600_000,
      milliseconds: 2_500,
      earlier: true,
    },
    { ...base(claim({ id: 'rows', needs: ['database'] }), access.id), reason: 'needs database', earlier: false },
    { ...base(claim({ id: 'functions', needs: ['database'] }), access.id), reason: 'needs database', earlier: false },
    { ...base(claim({ id: 'examples' }), access.id), reason: 'no example: GET /notes/:id', earlier: false },
    {
      ...base(claim({ id: 'daemon', level: 'where-present' }), scanning.id),
      verdict: 'not-applicable',
      reason: 'no scanner is configured',
      earlier: false,
    },
    { ...base(claim({ id: 'floor' }), own.id), reason: 'no example: GET /prices', earlier: false },
  ]
  const waiver = { reason: 'The managed server rotates.', owner: 'Ada', expires: '2027-01-31' }
  const items = reportItems({
    items: [sessions, access, scanning, unbuilt, own],
    claims,
    waivers: [
      { ...waiver, item: unbuilt.id },
      { ...waiver, item: own.id, claim: 'floor', expires: '2026-01-31', reason: 'Soon.' },
    ],
    now: NOON,
  })
  return {
    backend: 'notes & <more>',
    definitionHash: 'd'.repeat(64),
    lockHash: 'e'.repeat(64),
    sourceHash: 'f'.repeat(64),
    finishedAt: NOON,
    milliseconds: 41_234,
    items,
    notes: ['no original: nothing has run here yet; what is only true of a deployment was not looked at'],
  }
}
