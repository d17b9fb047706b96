import { AuthorizationResponseError, ClientError, ResponseBodyError } from 'openid-client'
import { OpenIdFault, type OpenIdFaultReason } from './openid.ts'

/** What an error of openid-client means, without anything that the provider wrote. */
export function faultOf(error: unknown): OpenIdFault {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++)
    if (at instanceof OpenIdFault) return at
  if (error instanceof AuthorizationResponseError) return new OpenIdFault('declined')
  if (error instanceof ResponseBodyError) return new OpenIdFault('code')
  const { code, claim, answer, unsigned } = toldBy(error)
  if (answer) return new OpenIdFault('answer')
  if (unsigned) return new OpenIdFault('signature')
  return new OpenIdFault((claim === undefined ? BY_CODE[code] : CLAIMS[claim]) ?? BY_CODE[code] ?? 'token')
}

/** What an error and its causes say: openid-client wraps those of oauth4webapi, whose causes are objects. */
function toldBy(error: unknown) {
  const told: { code: string; claim?: string; answer: boolean; unsigned: boolean } = {
    code: '',
    answer: false,
    unsigned: false,
  }
  if (error instanceof ClientError) told.code = error.code ?? ''
  for (let at: unknown = error, depth = 0; typeof at === 'object' && at !== null && depth < 5; depth++) {
    if ('claim' in at && typeof at.claim === 'string') told.claim = at.claim
    // The parameters with which the browser came back.
    if ('parameters' in at) told.answer = true
    if (at instanceof Error && at.message === 'JWT signature verification failed') told.unsigned = true
    at = 'cause' in at ? at.cause : null
  }
  return told
}

const CLAIMS: Readonly<Record<string, OpenIdFaultReason>> = {
  nonce: 'nonce',
  iss: 'issuer',
  aud: 'audience',
  azp: 'audience',
}

const BY_CODE: Readonly<Record<string, OpenIdFaultReason>> = {
  OAUTH_TIMEOUT: 'unreachable',
  OAUTH_ABORT: 'unreachable',
  OAUTH_RESPONSE_IS_NOT_CONFORM: 'code',
  OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED: 'provider',
  OAUTH_HTTP_REQUEST_FORBIDDEN: 'provider',
  OAUTH_REQUEST_PROTOCOL_FORBIDDEN: 'provider',
  OAUTH_JWT_TIMESTAMP_CHECK_FAILED: 'expired',
  OAUTH_KEY_SELECTION_FAILED: 'signature',
}
