export { createSessions } from './control.ts'
export { LONGEST, type SessionLimits, type Span } from './lifetime.ts'
export {
  ANNOUNCEMENTS,
  type EndedBy,
  type ListedSession,
  type NewSession,
  type RequestOrigin,
  type Rotation,
  type SessionStart,
  type Sessions,
  type SessionsOptions,
  type SessionTransaction,
} from './sessions.ts'
