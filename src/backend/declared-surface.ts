import type { Surface } from '../kernel/surface.ts'
import type { BackendDefinition } from '../platform/declaration/definition.ts'
import { surfaceOf } from './surface.ts'

/** The surface of a definition that nobody runs here: its own routes alone. */
export const declaredSurface = (definition: BackendDefinition): Surface => surfaceOf(definition, definition.routes)
