import { defineItem } from '../../../kernel/item.ts'
import { claims } from './probe.ts'
import { sabotages } from './sabotage.ts'

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

export const item = defineItem({
  id: 'authentication/session-management',
  title: 'Sessions',
  requirement:
    'Sessions are held by opaque random tokens in a protected cookie, replaced at every change of authentication or privilege, limited in age and idleness by assurance, and ended everywhere within a second; other sites can not act with them.',
  sources: [
    'NIST SP 800-63B-4 2.1.3, 2.2.3, 2.3.3, 5',
    'ASVS 5.0 V3.3.1–V3.3.5, V3.5.1–V3.5.3, V7.1–V7.5, V14.3.1',
    'OWASP Session Management Cheat Sheet',
  ],
  state: 'built',
  claims,
  sabotages,
  remedy:
    'Set and end sessions only through the session control; look at the claim that is broken, at `allowedOrigins` and at the session limits in the configuration.',
})
