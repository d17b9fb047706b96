import type { Sabotage } from '../../../kernel/sabotage.ts'
import type { SecureConfiguration } from './control.ts'
export const sabotages: readonly Sabotage<SecureConfiguration>[] = []
