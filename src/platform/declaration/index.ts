// The only door to `typebox`, and the declaration API as applications see it.
export { type Static, type TObject, type TSchema, Type } from 'typebox'
export { column } from './column.ts'
export { type BackendDeclaration, defineBackend } from './define-backend.ts'
export { Answer, answer, type BackendDefinition, type HandlerContext, redirect } from './definition.ts'
export { type Job, type JobContext, type JobDefinition, type JobsApp, job } from './jobs.ts'
export { BUILT_IN_PERMISSIONS, type BuiltInPermission } from './permissions.ts'
export type { App } from './routes.ts'
export { type DatabaseOf, type Table, table } from './table.ts'
