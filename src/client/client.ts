import { type PasskeyBrowser, realBrowser } from './passkey-browser.ts'
import { createTransport, type TransportOptions } from './transport.ts'
import type {
  Factors,
  Member,
  NextStep,
  Passkey,
  RecoveryCodes,
  Session,
  SessionEntry,
  Tenant,
  TotpOffer,
} from './types.ts'

export interface ClientOptions extends TransportOptions {
  /** In place of the browser's authenticators. */
  readonly passkeys?: PasskeyBrowser
}

/**
 * The flows of accounts, for a page in a browser. Each method is one call of the JSON interface; what refuses throws a
 * `ProblemError` with a stable `code`.
 */
export type Client = ReturnType<typeof createClient>

export function createClient(options: ClientOptions = {}) {
  const { call, callAsStranger } = createTransport(options)
  const browser = options.passkeys ?? realBrowser

  return {
    // Becoming somebody. What is mailed answers the same whether or not there is such an account.
    signUp: (email: string, invitation?: string) =>
      callAsStranger<void>('/auth/sign-up', { email, ...(invitation === undefined ? {} : { invitation }) }),
    /** @param token - out of the mailed link. */
    completeSignUp: (input: { readonly token: string; readonly name: string; readonly password: string }) =>
      call<NextStep>('POST', '/auth/sign-up/complete', input),
    signIn: (email: string, password: string) => callAsStranger<NextStep>('/auth/sign-in', { email, password }),
    askForSignInLink: (email: string) => callAsStranger<void>('/auth/sign-in-link', { email }),
    completeSignInLink: (token: string) => call<NextStep>('POST', '/auth/sign-in-link/complete', { token }),
    /** @param autofill - lets the browser offer passkeys in a field with `autocomplete="username webauthn"`. */
    async signInByPasskey({ autofill = false } = {}): Promise<NextStep> {
      const answer = await browser.prove(await call('POST', '/auth/passkey/options'), autofill)
      return call('POST', '/auth/passkey/sign-in', answer)
    },

    // The second step, where `next` is `second-factor`.
    secondFactor: (method: 'totp' | 'recovery-code', code: string) =>
      callAsStranger<NextStep>('/auth/second-factor', { method, code }),
    async secondFactorByPasskey(): Promise<NextStep> {
      const answer = await browser.prove(await call('POST', '/auth/second-factor/passkey/options'), false)
      return call('POST', '/auth/second-factor/passkey', answer)
    },

    // Somebody who is signed in.
    session: () => call<Session>('GET', '/auth/session'),
    sessions: () =>
      call<{ readonly sessions: readonly SessionEntry[] }>('GET', '/auth/sessions').then(({ sessions }) => sessions),
    endSession: (id: string) => call<void>('DELETE', `/auth/sessions/${encodeURIComponent(id)}`),
    endOtherSessions: () => call<void>('DELETE', '/auth/sessions'),
    signOut: () => call<void>('POST', '/auth/sign-out'),
    tenants: () => call<{ readonly tenants: readonly Tenant[] }>('GET', '/auth/tenants').then(({ tenants }) => tenants),
    enterTenant: (tenantId: string) => call<void>('PUT', '/auth/tenant', { tenantId }),
    members: () =>
      call<{ readonly members: readonly Member[] }>('GET', '/tenant/members').then(({ members }) => members),

    // Confirming who one is, where a call answers `step-up-required`.
    async confirmByPasskey(): Promise<void> {
      const answer = await browser.prove(await call('POST', '/auth/step-up/passkey/options'), false)
      await call('POST', '/auth/step-up/passkey', answer)
    },
    /** A security key is one factor: the password is the other. */
    async confirmBySecurityKey(password: string): Promise<void> {
      const answer = await browser.prove(await call('POST', '/auth/step-up/passkey/options'), false)
      await call('POST', '/auth/step-up/passkey', { ...answer, password })
    },
    /** @param code - of the app; asked of who has a second factor. */
    confirm: (password: string, code?: string) =>
      call<void>('POST', '/auth/step-up', { password, ...(code === undefined ? {} : { code }) }),

    // Passwords and addresses.
    changePassword: (input: { readonly current: string; readonly password: string }) =>
      call<void>('POST', '/auth/password', input),
    askForReset: (email: string) => callAsStranger<void>('/auth/reset', { email }),
    completeReset: (input: { readonly token: string; readonly password: string }) =>
      call<NextStep>('POST', '/auth/reset/complete', input),
    verifyAddress: (token: string) => call<void>('POST', '/auth/verify', { token }),
    askForVerification: () => call<void>('POST', '/auth/verify/send'),
    askForNewAddress: (email: string) => call<void>('POST', '/auth/email', { email }),
    completeNewAddress: (token: string) => call<void>('POST', '/auth/email/complete', { token }),

    // Factors.
    factors: () => call<Factors>('GET', '/auth/factors'),
    /** A secret for an app that shows codes: of no effect before one of its codes was right. */
    offerTotp: () => call<TotpOffer>('POST', '/auth/factors/totp'),
    /** @returns recovery codes where there were none. */
    confirmTotp: (code: string) =>
      call<{ readonly recoveryCodes: readonly string[] | null }>('POST', '/auth/factors/totp/confirm', { code }),
    removeTotp: () => call<void>('DELETE', '/auth/factors/totp'),
    /** Ten new ones; the ones before are void. Shown once. */
    makeRecoveryCodes: () => call<RecoveryCodes>('POST', '/auth/factors/recovery-codes'),
    passkeys: () =>
      call<{ readonly passkeys: readonly Passkey[] }>('GET', '/auth/passkeys').then(({ passkeys }) => passkeys),
    /** @returns recovery codes where there were none: they are to be shown now and never again. */
    async addPasskey(
      name: string,
    ): Promise<{ readonly passkey: Passkey; readonly recoveryCodes: readonly string[] | null }> {
      const credential = await browser.make(await call('POST', '/auth/passkeys/options'))
      return call('POST', '/auth/passkeys', { name, credential })
    },
    /** A key that is touched and checks nobody: a second factor after the password. Listed, renamed and removed as a passkey. */
    async addSecurityKey(
      name: string,
    ): Promise<{ readonly passkey: Passkey; readonly recoveryCodes: readonly string[] | null }> {
      const credential = await browser.make(await call('POST', '/auth/security-keys/options'))
      return call('POST', '/auth/security-keys', { name, credential })
    },
    renamePasskey: (id: string, name: string) =>
      call<void>('PATCH', `/auth/passkeys/${encodeURIComponent(id)}`, { name }),
    removePasskey: (id: string) => call<void>('DELETE', `/auth/passkeys/${encodeURIComponent(id)}`),

    /** Any other route of the backend, with the session and with problems as errors. */
    call,
  }
}
