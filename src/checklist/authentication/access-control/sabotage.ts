import type { Sabotage } from '../../../kernel/sabotage.ts'
import type { AccessControl } from './control.ts'

export const sabotages: readonly Sabotage<AccessControl>[] = []
