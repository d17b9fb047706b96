import { createHash, randomBytes } from 'node:crypto'
import { type Claim, Unproved } from '../../../kernel/claim.ts'
import { days } from '../../../kernel/time.ts'
import type { ProbeContext } from '../../../kernel/vantage.ts'
import { jsonOf, newPerson, object, send, signInReply, tokenOf, tryToken, UNAUTHENTICATED } from './probe-people.ts'
import { judgeTokens } from './probe-randomness.ts'

/** The token itself: what it is made of, where it goes, where it may not come from. */
export const tokenClaims: readonly Claim[] = [
  {
    id: 'entropy',
    says: 'Tokens are unpredictable: at least 128 bits each, none alike, no bit leaning, nothing shared.',
    level: 'required',
    needs: ['network'],
    effect: 'writes',
    keeps: days(30),
    byHand: 'curl -si -b "__Host-session=$TOKEN" -X PUT $ORIGIN/auth/tenant … | grep -i set-cookie, 256 times',
    async prove(context) {
      const tokens = await gatherTokens(context, 256)
      const last = tokens.at(-1) ?? ''
      context.expect('positive', 'the last of 256 tokens, used', (await tryToken(context, last)).status, 200)
      for (const { tried, saw, ok, expected } of judgeTokens(tokens))
        context.record({ side: 'negative', tried, saw, expected, ok })
    },
  },
  {
    id: 'cookie',
    says: 'The token travels in one cookie, __Host-, Secure, HttpOnly, SameSite, and in no body and no other field.',
    level: 'required',
    needs: ['network'],
    effect: 'writes',
    keeps: days(30),
    byHand: "curl -si $ORIGIN/auth/sign-in -H 'content-type: application/json' -d '{…}' | grep -i set-cookie",
    async prove(context) {
      const person = await newPerson(context)
      const signedIn = await signInReply(context, person)
      const token = tokenOf(signedIn, 'signing in')
      const steppedUp = await send(context, token, 'POST', '/auth/step-up', { password: person.password })
      for (const [what, reply] of [
        ['signing in', signedIn],
        ['stepping up', steppedUp],
      ] as const) {
        const value = tokenOf(reply, what)
        // The cookie of a known device may come beside it: that one opens nothing.
        const fields = (reply.headers['set-cookie'] ?? '').split('\n').filter((field) => field.includes(value))
        context.expect('negative', `cookies with the token that ${what} sets`, fields.length, 1)
        const [pair = '', ...attributes] = (fields[0] ?? '').split(';').map((part) => part.trim())
        context.expect('negative', `the name of the cookie ${what} sets`, pair.split('=')[0] ?? '', '__Host-session')
        const kept = attributes.map((attribute) => attribute.toLowerCase().replace(/^max-age=\d+$/, 'max-age=…')).sort()
        const saw = kept.join('; ')
        context.record({
          side: 'negative',
          tried: `attributes of the cookie ${what} sets`,
          saw,
          expected: 'httponly; max-age=…; path=/; samesite=lax or strict; secure, and no other',
          ok: /^httponly; (max-age=…; )?path=\/; samesite=(lax|strict); secure$/.test(saw),
        })
        const others = Object.entries(reply.headers).filter(
          ([name, text]) => name !== 'set-cookie' && text.includes(value),
        )
        context.expect(
          'negative',
          `the token in other fields and the body of ${what}`,
          others.length + occurrences(reply.text(), value),
          0,
        )
        context.expect(
          'positive',
          `the cookie that ${what} sets, used`,
          (await tryToken(context, tokenOf(steppedUp, what))).status,
          200,
        )
      }
      const seen = await tryToken(context, tokenOf(steppedUp, 'stepping up'))
      context.expect(
        'negative',
        'the token in the description of the session',
        occurrences(seen.reply.text(), tokenOf(steppedUp, '')),
        0,
      )
    },
  },
  {
    id: 'only-cookie',
    says: 'A token is accepted from the cookie alone: not from the address, a body, another field or twice.',
    level: 'required',
    needs: ['network'],
    effect: 'writes',
    keeps: days(30),
    byHand: 'curl -si "$ORIGIN/auth/session?session=$TOKEN"',
    async prove(context) {
      const { token } = await newPerson(context)
      context.expect('positive', 'the token as cookie', (await tryToken(context, token)).status, 200)
      const ask = async (tried: string, path: string, headers: Readonly<Record<string, string>>): Promise<void> => {
        const reply = await context.network.request({ path, headers })
        context.record({
          side: 'negative',
          tried,
          saw: `${reply.status}`,
          expected: 'a refusal, and nothing of the session',
          ok: reply.status >= 400 && reply.status < 500 && object(jsonOf(reply)).account === undefined,
        })
      }
      for (const name of ['__Host-session', 'session', 'token', 'sid', 'access_token', 'jsessionid']) {
        await ask(`the token in the query as ${name}`, `/auth/session?${name}=${token}`, {})
      }
      await ask('the token as a path parameter', `/auth/session;__Host-session=${token}`, {})
      await ask('the token as bearer', '/auth/session', { authorization: `Bearer ${token}` })
      await ask('the token in x-session', '/auth/session', { 'x-session': token, 'x-auth-token': token })
      const other = randomBytes(32).toString('base64url')
      for (const [tried, cookie] of [
        ['the cookie in another case', `__host-Session=${token}`],
        ['the cookie without its prefix', `session=${token}`],
        ['the cookie twice, the same', `__Host-session=${token}; __Host-session=${token}`],
        ['the cookie twice, one planted', `__Host-session=${other}; __Host-session=${token}`],
        ['the cookie twice, the planted last', `__Host-session=${token}; __Host-session=${other}`],
        ['the token in quotes', `__Host-session="${token}"`],
        ['the token with more behind it', `__Host-session=${token}x`],
        ['the token cut short', `__Host-session=${token.slice(0, -1)}`],
        [
          'the token percent-encoded',
          `__Host-session=${[...token].map((c) => `%${c.charCodeAt(0).toString(16)}`).join('')}`,
        ],
      ] as const) {
        await ask(tried, '/auth/session', { cookie })
      }
    },
  },
  {
    id: 'database-dump',
    says: 'Who reads the database finds nothing there that works as a token: it holds SHA-256 alone.',
    level: 'required',
    needs: ['network', 'database'],
    effect: 'writes',
    keeps: days(30),
    byHand: 'psql -c "select encode(token_hash, \'base64\') from holdfast.session", each tried as cookie',
    async prove(context) {
      const { token, accountId } = await newPerson(context)
      context.expect('positive', 'the token itself', (await tryToken(context, token)).status, 200)
      const { rows } = await context.database.admin.query(
        'select s.*, s::text as whole from holdfast.session s where account_id = $1',
        [accountId],
      )
      const row = rows[0]
      const hash = row?.token_hash
      if (row === undefined || !Buffer.isBuffer(hash)) throw new Unproved('the session has no row with a token_hash')
      context.expect(
        'negative',
        'what is stored',
        hash.toString('hex'),
        createHash('sha256').update(token).digest('hex'),
      )
      const stored = String(row.whole).toLowerCase()
      const raw = Buffer.from(token, 'base64url').toString('hex')
      context.expect(
        'negative',
        'the token in the row, as text or as bytes',
        Number(stored.includes(token.toLowerCase())) + Number(stored.includes(raw)),
        0,
      )
      for (const [tried, value] of [
        ['token_hash as base64url', hash.toString('base64url')],
        ['token_hash as base64', hash.toString('base64')],
        ['token_hash as hex', hash.toString('hex')],
        ['token_hash as PostgreSQL shows it', `\\x${hash.toString('hex')}`],
        ['the id of the session', String(row.id)],
        ['the id of the account', accountId],
        [
          'the id of the session, as base64url of 32 bytes',
          Buffer.from(String(row.id).replaceAll('-', '').padEnd(64, '0'), 'hex').toString('base64url'),
        ],
      ] as const) {
        context.expect('negative', tried, (await tryToken(context, value)).status, UNAUTHENTICATED)
      }
    },
  },
]

/** Tokens as an attacker with an account gathers them: by changing to one's own tenant, which costs the server no hashing. */
async function gatherTokens(context: ProbeContext, count: number): Promise<readonly string[]> {
  const person = await newPerson(context)
  const listed = await context.network.request({ path: '/auth/tenants', token: person.token })
  const { tenants } = object(jsonOf(listed))
  const { id } = object(Array.isArray(tenants) ? tenants[0] : undefined)
  const tokens = [person.token]
  while (tokens.length < count) {
    const token = tokens.at(-1) ?? ''
    const reply =
      typeof id === 'string'
        ? await send(context, token, 'PUT', '/auth/tenant', { tenantId: id })
        : await send(context, token, 'POST', '/auth/step-up', { password: person.password })
    tokens.push(tokenOf(reply, 'changing the tenant'))
  }
  return tokens
}

const occurrences = (text: string, part: string): number => text.split(part).length - 1
