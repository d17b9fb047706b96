import { defineItem } from '../../../kernel/item.ts'
import { claims } from './probe.ts'
import { sabotages } from './sabotage.ts'

export { type Condition, matches, requireMatch } from './conditions.ts'
export {
  type AccessControl,
  type AccessControlParts,
  createAccessControl,
  ROLES_CHANGED,
} from './control.ts'
export type { ExplainedPerson, ExplainedRoute, Explanation } from './explain.ts'

export const item = defineItem({
  id: 'authentication/access-control',
  title: 'Roles and permissions',
  requirement:
    'Every route says who may call it and refuses everybody else; every object is reached only by who owns it, was given it or may see all of its tenant, in the service and again in the database.',
  sources: [
    'OWASP ASVS 5.0 V8.1.1, V8.1.2, V8.1.3, V8.1.4',
    'OWASP ASVS 5.0 V8.2.1, V8.2.2, V8.2.3, V8.2.4',
    'OWASP ASVS 5.0 V8.3.1, V8.3.2, V8.3.3',
    'OWASP ASVS 5.0 V8.4.1, V8.4.2',
    'OWASP ASVS 5.0 V14.2.6, V15.3.1, V15.3.3, V15.4.2',
  ],
  state: 'built',
  claims,
  sabotages,
  remedy:
    'Declare the permission each route asks for and the owner and tenant of each table, and let the queries run through the database handle of the request.',
})
