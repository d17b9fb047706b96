export { createEvents, type EventLoss, type EventsOptions } from './create-events.ts'
export type { Events } from './events.ts'
