export { BreachFault, type BreachFaultReason, type BreachService, createBreachService } from './range-query.ts'
