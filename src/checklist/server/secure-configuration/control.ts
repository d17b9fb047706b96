import { type Configuration, type ConfigurationSource, resolveConfiguration } from './configuration.ts'
import { lookAtEnrolment, openEnrolment, useEnrolment } from './enrolment.ts'

/** The item's control: settings that are checked, and the one way to a first account. */
export interface SecureConfiguration {
  readonly resolve: (source: ConfigurationSource) => Configuration
  readonly openEnrolment: typeof openEnrolment
  readonly lookAtEnrolment: typeof lookAtEnrolment
  readonly useEnrolment: typeof useEnrolment
}

export const createSecureConfiguration = (): SecureConfiguration => ({
  resolve: resolveConfiguration,
  openEnrolment,
  lookAtEnrolment,
  useEnrolment,
})
