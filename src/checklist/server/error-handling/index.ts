export * from './control.ts'
export { CRASHED, type CrashPolicyOptions, installCrashPolicy } from './crash-policy.ts'
