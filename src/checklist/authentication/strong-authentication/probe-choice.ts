import type { Claim } from '../../../kernel/claim.ts'
import { days } from '../../../kernel/time.ts'
import type { ProbeContext } from '../../../kernel/vantage.ts'
import {
  type Applicant,
  answerOf,
  changePassword,
  completeSignUp,
  goodPassword,
  newEmail,
  newPerson,
  signIn,
  signUp,
  signUpToken,
} from './probe-people.ts'

const base = { level: 'required', needs: ['network'], effect: 'writes', keeps: days(30) } as const
const byHand = (password: string): string =>
  `curl -k -H 'content-type: application/json' -d '{"token":"TOKEN OF THE MAILED LINK","name":"You","password":"${password}"}' ORIGIN/auth/sign-up/complete`

/** Which passwords are taken and which refused. */
export const choiceClaims: readonly Claim[] = [
  {
    ...base,
    id: 'length',
    says: 'A password of 14 characters is refused and one of 15 accepted, where it is the only factor.',
    byHand: byHand('fourteen chars'),
    async prove(context) {
      const { token, password } = await newPerson(context, { password: goodPassword(15) })
      context.record({
        side: 'positive',
        tried: 'signing up with 15 characters',
        saw: 'an account',
        expected: 'an account',
        ok: true,
      })
      await refusedEverywhere(context, { token, password }, [
        ['8 characters', goodPassword(8)],
        ['14 characters', goodPassword(14)],
        // 28 units of UTF-16: what `length` counts.
        ['14 characters outside the basic plane', '🦊🌋🎻🛶🧵🪁🦉🌵🍄🧊🥁🪐🗿🧩'],
      ])
      const changed = await changePassword(context, token, { current: password, password: goodPassword(15) })
      context.expect('positive', 'changing to 15 characters', answerOf(changed), '204')
    },
  },
  {
    ...base,
    id: 'any-text',
    says: 'Up to 128 characters of any script are accepted, without rules on kinds of characters, and every one counts.',
    byHand: byHand('only lower case letters and spaces'),
    async prove(context) {
      const longest = goodPassword(128)
      for (const [what, password] of [
        ['lower case letters and a space', goodPassword(15)],
        ['digits and signs only', '7!3?9.2,8+4=1-6;5'],
        ['Greek, Chinese and emoji', 'κόσμος 你好世界 🦊🌋🎻🛶'],
        ['128 characters', longest],
      ] as const) {
        const email = newEmail()
        const made = await signUp(context, { email, name: 'Probe', password })
        context.expect('positive', `signing up with ${what}`, answerOf(made), '201')
        context.expect(
          'positive',
          `signing in with ${what}`,
          answerOf(await signIn(context, { email, password })),
          '200',
        )
        if (password !== longest) continue
        for (const cut of [72, 127]) {
          const reply = await signIn(context, { email, password: password.slice(0, cut) })
          context.expect(
            'negative',
            `signing in with the first ${cut} of 128 characters`,
            answerOf(reply),
            '401 credentials-wrong',
          )
        }
      }
      const composed = { email: newEmail(), name: 'Probe', password: `cafe\u0301 ${goodPassword(15)}` }
      await signUp(context, composed)
      const typedElsewhere = await signIn(context, { ...composed, password: composed.password.normalize('NFC') })
      context.expect(
        'positive',
        'é typed as one character where it was two at sign-up',
        answerOf(typedElsewhere),
        '200',
      )
      const tooLong = await signUp(context, { email: newEmail(), name: 'Probe', password: goodPassword(129) })
      context.expect('negative', 'signing up with 129 characters', answerOf(tooLong), REFUSED)
    },
  },
  {
    ...base,
    id: 'common',
    says: 'Passwords that are tried first are refused, also in other spellings.',
    byHand: byHand('correct horse battery staple'),
    async prove(context) {
      const person = await newPerson(context)
      context.record({
        side: 'positive',
        tried: 'signing up with random words',
        saw: 'an account',
        expected: 'an account',
        ok: true,
      })
      await refusedEverywhere(
        context,
        person,
        [
          'correct horse battery staple',
          'CorrectHorseBatteryStaple!',
          'maytheforcebewithyou',
          'M4yTh3F0rc3B3W1thY0u',
          'iloveyouiloveyou1',
          'Administrator2024',
          '1qaz2wsx3edc4rfv5tgb',
        ].map((password) => [password, password] as const),
      )
    },
  },
  {
    ...base,
    id: 'contextual',
    says: 'A password made of the person’s name, address or the service’s name is refused; a sentence in which a name occurs is not.',
    byHand: byHand('YOU-you-YOU-2026'),
    async prove(context) {
      const about = {
        email: `quirin.zelenikova+${newEmail().slice(6, 22)}@fjordlicht.example`,
        name: 'Brunhilde Kowalczyk',
      }
      const sentence = `brunhilde walks to the ${goodPassword(9)} pier`
      const person = await newPerson(context, { ...about, password: sentence })
      context.record({
        side: 'positive',
        tried: 'a sentence with the own name in it',
        saw: 'accepted',
        expected: 'accepted',
        ok: true,
      })
      const service = context.surface.name
      await refusedEverywhere(
        context,
        person,
        [
          ['the own name', 'brunhilde kowalczyk'],
          ['the own name in capitals', 'BRUNHILDE-KOWALCZYK-26'],
          ['the own name with look-alikes', 'Brunh1ld3 K0w@lczyk 2026'],
          ['the address', 'Zelenikova.Quirin!'],
          ['the domain', 'Fjordlicht fjordLicht 1'],
          ['the service’s name', `${service.toUpperCase()}-${service}-${service}-20262027`],
        ],
        about,
      )
    },
  },
  {
    ...base,
    id: 'pattern',
    says: 'Repetitions, sequences and walks over the keyboard are refused, however long.',
    byHand: byHand('zqzqzqzqzqzqzqzq'),
    async prove(context) {
      const person = await newPerson(context)
      context.record({
        side: 'positive',
        tried: 'signing up with random words',
        saw: 'an account',
        expected: 'an account',
        ok: true,
      })
      await refusedEverywhere(
        context,
        person,
        [
          'aaaaaaaaaaaaaaa',
          'zqzqzqzqzqzqzqzq',
          'vkJvkjVKjvkjvkJvkj',
          'passwordpassword',
          '123456789012345',
          'ponmlkjihgfedcba',
          'qwertyuiopasdfgh',
        ].map((password) => [password, password] as const),
      )
    },
  },
]

/** At sign-up and at a change of password alike. */
async function refusedEverywhere(
  context: ProbeContext,
  person: { readonly token: string; readonly password: string },
  passwords: readonly (readonly [what: string, password: string])[],
  about: Partial<Applicant> = {},
): Promise<void> {
  // One link for all: a password that is refused does not use it up.
  const email = about.email?.replace('+', `+${newEmail().slice(6, 14)}`) ?? newEmail()
  const token = await signUpToken(context, email)
  for (const [what, password] of passwords) {
    const made = await completeSignUp(context, { token, name: about.name ?? 'Probe', password })
    context.expect('negative', `signing up with ${what}`, answerOf(made), REFUSED)
    const changed = await changePassword(context, person.token, { current: person.password, password })
    context.expect('negative', `changing to ${what}`, answerOf(changed), REFUSED)
    // An accepted one has moved the session on: nothing more can be tried with it.
    if (changed.status === 204) return
  }
}

const REFUSED = '422 password-refused'
