export * from './control.ts'
