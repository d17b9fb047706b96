import { readFileSync } from 'node:fs'

/**
 * The script that speaks with authenticators in browsers, as its makers ship it: defines `SimpleWebAuthnBrowser`. Needs no
 * policy for trusted types and no network.
 */
export const browserScript = (): string =>
  readFileSync(new URL('../dist/bundle/index.umd.min.js', import.meta.resolve('@simplewebauthn/browser')), 'utf8')
