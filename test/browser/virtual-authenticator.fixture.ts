import type { CDPSession, Page } from 'playwright-core'

/** The authenticator of a device, as the browser simulates it: with resident keys and verification of its owner. */
export interface VirtualAuthenticator {
  /** Whether its owner is recognised when asked. */
  recognises(owner: boolean): Promise<void>
  /** How many passkeys it keeps. */
  count(): Promise<number>
  /** Puts its passkeys into the authenticator of another page's browser, as syncing does. */
  copyTo(other: VirtualAuthenticator): Promise<void>
  /** Removes all of its passkeys, as somebody does among their passwords. */
  forget(): Promise<void>
  readonly session: CDPSession
  readonly id: string
}

/** Keys that are touched and check nobody: of today, and as they were before WebAuthn. */
export const SECURITY_KEYS = {
  'a key without verification': {
    protocol: 'ctap2',
    transport: 'usb',
    hasResidentKey: false,
    hasUserVerification: false,
    isUserVerified: false,
  },
  'a key of the first kind': {
    protocol: 'u2f',
    transport: 'usb',
    hasResidentKey: false,
    hasUserVerification: false,
    isUserVerified: false,
  },
} as const

export async function addAuthenticator(
  page: Page,
  kind?: (typeof SECURITY_KEYS)[keyof typeof SECURITY_KEYS],
): Promise<VirtualAuthenticator> {
  const session = await page.context().newCDPSession(page)
  await session.send('WebAuthn.enable')
  const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      ...(kind ?? PASSKEYS),
      // Whoever is there is there always: what waits at a field is answered at once, unless its owner is not recognised.
      automaticPresenceSimulation: true,
    },
  })
  const credentials = async () => (await session.send('WebAuthn.getCredentials', { authenticatorId })).credentials
  return {
    session,
    id: authenticatorId,
    recognises: (owner) =>
      session.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: owner }).then(() => undefined),
    count: async () => (await credentials()).length,
    forget: () => session.send('WebAuthn.clearCredentials', { authenticatorId }).then(() => undefined),
    async copyTo(other) {
      for (const credential of await credentials())
        await other.session.send('WebAuthn.addCredential', { authenticatorId: other.id, credential })
    },
  }
}

const PASSKEYS = {
  protocol: 'ctap2',
  ctap2Version: 'ctap2_1',
  transport: 'internal',
  hasResidentKey: true,
  hasUserVerification: true,
  isUserVerified: true,
} as const
