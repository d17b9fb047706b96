import { type Claim, Unproved } from '../../../kernel/claim.ts'
import type { SurfaceRoute } from '../../../kernel/surface.ts'
import { days } from '../../../kernel/time.ts'
import type { ProbeContext } from '../../../kernel/vantage.ts'
import { bodyAttempts, headerAttempts, paramAttempts, queryAttempts, unknownAttempts } from './probe-attempts.ts'
import { foreignBodies, hostileBodies } from './probe-hostile.ts'
import { type Attempt, expectRefused, expectTaken } from './probe-refusals.ts'
import { type Subject, subjectsOf } from './probe-routes.ts'
import { propertiesOf } from './probe-schema.ts'

/** Fewest generated violations of each field. */
const LEAST = 50

/** What must not come in. */
export const inputClaims: readonly Claim[] = [
  inputClaim({
    id: 'body-violations',
    says: 'Every value that a body field does not declare is refused: other types, other bounds, other forms, without conversion.',
    about: (route) => route.schema.body !== undefined,
    kind: 'violations of body fields',
    least: LEAST,
    attempts: bodyAttempts,
    byHand: `curl -i -H 'content-type: application/json' -d '{"email":5,"password":true}' $ORIGIN/auth/sign-in`,
  }),
  inputClaim({
    id: 'query-violations',
    says: 'Every text that a parameter of query or path or a header field does not declare is refused, and so is a parameter given twice.',
    about: (route) =>
      route.schema.query !== undefined || route.schema.params !== undefined || route.schema.headers !== undefined,
    kind: 'violations of parameters',
    least: LEAST,
    attempts: (context, subject) => [
      ...queryAttempts(context, subject),
      ...paramAttempts(context, subject),
      ...headerAttempts(context, subject),
    ],
    byHand: `curl -i '$ORIGIN/api/notes?page=1&page=2'`,
  }),
  inputClaim({
    id: 'unknown-properties',
    says: 'A property that nobody declared is refused, not dropped, at every depth and in the query.',
    about: () => true,
    kind: 'undeclared properties',
    least: 10,
    attempts: unknownAttempts,
    byHand: `curl -i '$ORIGIN/health/live?isAdmin=1'`,
  }),
  inputClaim({
    id: 'hostile-json',
    says: 'JSON that means two things is refused: keys given twice, `__proto__`, invalid UTF-8, lone surrogates, NUL, great depth.',
    about: (route) => route.accepts === 'json' && route.schema.body !== undefined,
    kind: 'hostile bodies',
    least: 40,
    attempts: hostileBodies,
    byHand: `curl -i -H 'content-type: application/json' -d '{"email":"a@b.test","email":"c@d.test","password":"x"}' $ORIGIN/auth/sign-in`,
  }),
  inputClaim({
    id: 'content-type',
    says: 'A body is read only where one is declared, and only when its content type is exactly the declared one.',
    about: () => true,
    kind: 'bodies of another kind',
    least: 3,
    attempts: foreignBodies,
    byHand: `curl -i -H 'content-type: text/plain' -d '{"email":"a@b.test","password":"x"}' $ORIGIN/auth/sign-in`,
  }),
]

/** Whether a route takes anything; one without a body, a query and parameters has nothing to spoil. */
const hasFields = ({ route: { schema } }: Subject): boolean =>
  schema.body !== undefined ||
  [schema.query, schema.params, schema.headers].some((part) => Object.keys(propertiesOf(part ?? {})).length > 0)

interface InputClaim {
  readonly id: string
  readonly says: string
  readonly about: (route: SurfaceRoute) => boolean
  readonly kind: string
  readonly least: number
  readonly attempts: (context: ProbeContext, subject: Subject) => readonly Attempt[]
  readonly byHand: string
}

function inputClaim({ id, says, about, kind, least, attempts, byHand }: InputClaim): Claim {
  return {
    id,
    says,
    level: 'required',
    needs: ['network'],
    effect: 'writes',
    keeps: days(1),
    byHand,
    prove: async (context) => {
      const subjects = await subjectsOf(context, about)
      const spoilt = subjects.map((subject) => ({ subject, attempts: attempts(context, subject) }))
      await expectRefused(
        context,
        kind,
        spoilt.flatMap((one) => one.attempts),
        least,
      )
      await expectTaken(context, subjects)
      const missed = spoilt
        .filter((one) => one.attempts.length === 0 && hasFields(one.subject))
        .map(({ subject }) => subject.name)
      if (missed.length > 0) throw new Unproved(`nothing could be spoilt in ${missed.join(', ')}`)
    },
  }
}
