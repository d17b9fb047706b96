/**
 * Holdfast: a backend in which the thirty items of the security checklist are on by default, each proved by `check`. An
 * application declares tables, permissions, roles and routes; everything else follows.
 */
export { type Condition, matches, requireMatch } from './checklist/authentication/access-control/conditions.ts'
export { defineItem, type Item } from './kernel/item.ts'
export type { Principal, Scope } from './kernel/principal.ts'
export { type ProblemCode, Refusal, StartRefusal } from './kernel/refusal.ts'
export { Secret } from './kernel/secret.ts'
export type { ExampleContext, ExampleRequest } from './kernel/surface.ts'
export { days, hours, minutes, type Seconds, seconds } from './kernel/time.ts'
export {
  Answer,
  type App,
  answer,
  type BackendDefinition,
  type BuiltInPermission,
  column,
  type DatabaseOf,
  defineBackend,
  type HandlerContext,
  type Job,
  type JobContext,
  type JobsApp,
  job,
  redirect,
  type Static,
  type TSchema,
  Type,
  table,
} from './platform/declaration/index.ts'
export { Csv } from './platform/html/csv.ts'
export { type Html, html } from './platform/html/html.ts'
export { field, page } from './platform/html/page.ts'
export { shownTime } from './platform/html/time.ts'
