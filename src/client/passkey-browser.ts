import {
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
  startAuthentication,
  startRegistration,
} from '@simplewebauthn/browser'

/** What the backend takes of an authenticator's answer. */
export interface Assertion {
  readonly id: string
  readonly response: {
    readonly clientDataJSON: string
    readonly authenticatorData: string
    readonly signature: string
    readonly userHandle?: string
  }
}

export interface Attestation {
  readonly id: string
  readonly response: {
    readonly clientDataJSON: string
    readonly attestationObject: string
    readonly transports?: readonly string[]
  }
}

/** The authenticators of the person's device. */
export interface PasskeyBrowser {
  prove(options: unknown, autofill: boolean): Promise<Assertion>
  make(options: unknown): Promise<Attestation>
}

export const realBrowser: PasskeyBrowser = {
  async prove(options, autofill) {
    const { id, response } = await startAuthentication({
      optionsJSON: options as PublicKeyCredentialRequestOptionsJSON,
      useBrowserAutofill: autofill,
    })
    const { clientDataJSON, authenticatorData, signature, userHandle } = response
    return {
      id,
      response: { clientDataJSON, authenticatorData, signature, ...(userHandle === undefined ? {} : { userHandle }) },
    }
  },

  async make(options) {
    const { id, response } = await startRegistration({ optionsJSON: options as PublicKeyCredentialCreationOptionsJSON })
    const { clientDataJSON, attestationObject, transports } = response
    return {
      id,
      response: { clientDataJSON, attestationObject, ...(transports === undefined ? {} : { transports }) },
    }
  },
}
