import type { Item } from '../kernel/item.ts'
import { item as endpointProtection } from './api/endpoint-protection/index.ts'
import { item as injectionDefence } from './api/injection-defence/index.ts'
import { item as apiLeastPrivilege } from './api/least-privilege/index.ts'
import { item as rateLimiting } from './api/rate-limiting/index.ts'
import { item as accessControl } from './authentication/access-control/index.ts'
import { item as enumerationAndBruteForce } from './authentication/enumeration-and-brute-force/index.ts'
import { item as multiFactor } from './authentication/multi-factor/index.ts'
import { item as sessionManagement } from './authentication/session-management/index.ts'
import { item as strongAuthentication } from './authentication/strong-authentication/index.ts'
import { item as encryption } from './data/encryption/index.ts'
import { item as injectionSanitization } from './data/injection-sanitization/index.ts'
import { item as parameterizedQueries } from './data/parameterized-queries/index.ts'
import { item as validateBeforeDatabase } from './data/validate-before-database/index.ts'
import { item as validationAndEncoding } from './data/validation-and-encoding/index.ts'
import { item as activityMonitoring } from './database/activity-monitoring/index.ts'
import { item as backupAndRestore } from './database/backup-and-restore/index.ts'
import { item as databaseLeastPrivilege } from './database/least-privilege/index.ts'
import { item as strongPasswords } from './database/strong-passwords/index.ts'
import { item as alerting } from './monitoring/alerting/index.ts'
import { item as centralizedLogging } from './monitoring/centralized-logging/index.ts'
import { item as intrusionDetection } from './monitoring/intrusion-detection/index.ts'
import { item as logReview } from './monitoring/log-review/index.ts'
import { item as errorHandling } from './server/error-handling/index.ts'
import { item as secureConfiguration } from './server/secure-configuration/index.ts'
import { item as unnecessaryFeatures } from './server/unnecessary-features/index.ts'
import { item as upToDate } from './server/up-to-date/index.ts'
import { item as isolatedStorage } from './uploads/isolated-storage/index.ts'
import { item as malwareScanning } from './uploads/malware-scanning/index.ts'
import { item as typeAndSize } from './uploads/type-and-size/index.ts'
import { item as uniqueNames } from './uploads/unique-names/index.ts'

/** The thirty items in the list's order. What runs for each is in its folder; in which order a request meets them, in `order.ts`. */
export const CHECKLIST: readonly Item[] = [
  // Authentication and authorisation
  strongAuthentication,
  sessionManagement,
  accessControl,
  enumerationAndBruteForce,
  multiFactor,

  // Data security
  encryption,
  validationAndEncoding,
  injectionSanitization,
  validateBeforeDatabase,
  parameterizedQueries,

  // API security
  endpointProtection,
  rateLimiting,
  injectionDefence,
  apiLeastPrivilege,

  // Server-side security
  upToDate,
  unnecessaryFeatures,
  errorHandling,
  secureConfiguration,

  // Monitoring and logging
  centralizedLogging,
  intrusionDetection,
  logReview,
  alerting,

  // File uploads
  typeAndSize,
  malwareScanning,
  isolatedStorage,
  uniqueNames,

  // Database security
  databaseLeastPrivilege,
  strongPasswords,
  backupAndRestore,
  activityMonitoring,
]
