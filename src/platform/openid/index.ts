export { createOpenIdClient } from './create-openid-client.ts'
export {
  type OpenIdClaims,
  type OpenIdClient,
  OpenIdFault,
  type OpenIdFaultReason,
  type OpenIdProvider,
  type OpenIdRequest,
} from './openid.ts'
