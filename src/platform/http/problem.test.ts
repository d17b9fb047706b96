import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PROBLEMS, type ProblemCode, Refusal } from '../../kernel/refusal.ts'
import { plainProblem, problemBody, problemOf } from './problem.ts'

test('a problem has the members of RFC 9457, a stable code and the id', () => {
  const refusal = new Refusal('input-invalid', 'the "title" is\ntoo long', {
    fields: [{ at: 'body/title', problem: 'is too long' }],
  })
  assert.deepEqual(JSON.parse(problemBody(problemOf(refusal, 'id-1'))), {
    type: 'urn:holdfast:problem:input-invalid',
    title: 'The input does not fit',
    status: 400,
    code: 'input-invalid',
    detail: 'the "title" is\ntoo long',
    id: 'id-1',
    fields: [{ at: 'body/title', problem: 'is too long' }],
  })
})

test('a problem says nothing of its cause', () => {
  const refusal = new Refusal('unexpected', undefined, { cause: new Error('the inside') })
  assert.doesNotMatch(problemBody(problemOf(refusal, 'id-1')), /inside/)
})

test('every code makes a problem', () => {
  for (const code of Object.keys(PROBLEMS) as ProblemCode[]) {
    const { status, type } = JSON.parse(problemBody(plainProblem(code, 'id'))) as { status: number; type: string }
    assert.deepEqual([status, type], [PROBLEMS[code].status, `urn:holdfast:problem:${code}`])
  }
})
