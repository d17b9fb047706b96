import { Secret } from '../../../kernel/secret.ts'
import { type Seconds, seconds } from '../../../kernel/time.ts'
import { type DatabaseTarget, parseDatabaseUrl, weakDatabase } from './database-url.ts'
import {
  host,
  isLoopback,
  isTooWide,
  line,
  listOf,
  network,
  oneOf,
  origin,
  path,
  rangeService,
  wholeNumber,
} from './parse.ts'
import { type Setting, setting, WrongSetting } from './setting.ts'
import { parseSender, parseSmtpUrl, type Sender, type SmtpTarget, weakSmtp } from './smtp-url.ts'
import { weakKey } from './weak-secrets.ts'

/** Every setting there is. What is not here is refused. */
export const SETTINGS = {
  host: setting<string>({
    variable: 'HOLDFAST_HOST',
    description: 'Address to listen on.',
    default: (mode) => (mode === 'dev' ? '127.0.0.1' : '0.0.0.0'),
    parse: host,
    weak: (value, mode) =>
      mode === 'dev' && !isLoopback(value)
        ? 'lets others reach a development server; right would be 127.0.0.1, or holdfast start'
        : null,
  }),
  port: setting<number>({
    variable: 'HOLDFAST_PORT',
    description: 'HTTPS port. In development the next free one when nobody set it.',
    default: () => 3443,
    parse: wholeNumber(1, 65_535, 3443),
  }),
  httpPort: setting<number | null>({
    variable: 'HOLDFAST_HTTP_PORT',
    description: 'HTTP port, or off. In development only: production serves HTTPS, or plain HTTP to the edge in front.',
    default: (mode) => (mode === 'dev' ? 3000 : null),
    parse: (text) => (text === 'off' ? null : wholeNumber(1, 65_535, 3000)(text)),
  }),
  stateDirectory: setting<string>({
    variable: 'HOLDFAST_STATE',
    description: 'Directory of keys, logs and the embedded database.',
    default: () => '.holdfast',
    parse: path,
  }),
  database: setting<DatabaseTarget | null>({
    variable: 'DATABASE_URL',
    description: 'PostgreSQL 15 to 18 to run on. Without it development runs one of its own.',
    secret: true,
    default: () => null,
    parse: parseDatabaseUrl,
    weak: (value, mode) => (value === null ? null : weakDatabase(value, mode)),
  }),
  adminDatabase: setting<DatabaseTarget | null>({
    variable: 'HOLDFAST_ADMIN_DATABASE_URL',
    description: 'The same database as an administrator who may make roles. For migrate alone.',
    secret: true,
    default: () => null,
    parse: parseDatabaseUrl,
  }),
  publicOrigin: setting<string | null>({
    variable: 'HOLDFAST_PUBLIC_ORIGIN',
    description: 'Where visitors find it: https://app.example.',
    default: () => null,
    parse: origin,
    weak: (value, mode) =>
      mode === 'start' && value?.startsWith('http:') ? 'is plain HTTP; right would be https://app.example' : null,
  }),
  allowedOrigins: setting<readonly string[]>({
    variable: 'HOLDFAST_ALLOWED_ORIGINS',
    description: 'Other origins whose pages may use it with the visitor’s cookies, separated by commas.',
    default: () => Object.freeze([]),
    parse: listOf(origin),
    weak: (value, mode) =>
      mode === 'start' && value.some((one) => one.startsWith('http:'))
        ? 'names a plain HTTP origin; right would be https://app.example'
        : null,
    opens: (value) =>
      value.length === 0 ? null : `lets pages of ${value.join(', ')} act with their visitors’ cookies`,
  }),
  trustedProxies: setting<readonly string[]>({
    variable: 'HOLDFAST_TRUSTED_PROXIES',
    description: 'Addresses or networks of the proxies in front, whose X-Forwarded-For is believed.',
    default: () => Object.freeze([]),
    parse: listOf(network),
    weak: (value) =>
      value.some(isTooWide)
        ? 'trusts so wide a network that visitors could name their own address; right would be 10.0.0.0/8 or narrower'
        : null,
    opens: (value) => (value.length === 0 ? null : `lets ${value.join(', ')} say which address a visitor has`),
  }),
  tlsCertificateFile: setting<string | null>({
    variable: 'HOLDFAST_TLS_CERT_FILE',
    description: 'Certificate chain, PEM.',
    default: () => null,
    parse: path,
  }),
  tlsKeyFile: setting<string | null>({
    variable: 'HOLDFAST_TLS_KEY_FILE',
    description: 'Its private key, PEM, mode 0600.',
    default: () => null,
    parse: path,
  }),
  logLevel: setting<LogLevel>({
    variable: 'HOLDFAST_LOG_LEVEL',
    description: 'How much is logged.',
    default: () => 'info',
    parse: oneOf('debug', 'info', 'warn', 'error'),
    weak: (value, mode) =>
      mode === 'start' && value === 'debug'
        ? 'logs too much of what people send for production; right would be info'
        : null,
  }),
  sessionIdle: setting<Seconds | null>({
    variable: 'HOLDFAST_SESSION_IDLE_SECONDS',
    description: 'Ends sessions sooner without use. Never later than NIST SP 800-63B-4 has it.',
    default: () => null,
    parse: (text) => seconds(wholeNumber(120, 14 * 86_400, 1800)(text)),
  }),
  sessionAbsolute: setting<Seconds | null>({
    variable: 'HOLDFAST_SESSION_ABSOLUTE_SECONDS',
    description: 'Ends sessions sooner after sign-in. Never later than NIST SP 800-63B-4 has it.',
    default: () => null,
    parse: (text) => seconds(wholeNumber(120, 30 * 86_400, 43_200)(text)),
  }),
  factorResetHours: setting<number>({
    variable: 'HOLDFAST_FACTOR_RESET_HOURS',
    description:
      'How long a reset of second factors waits that an administrator starts. Of accounts whose role requires one, 72 at least.',
    default: () => 24,
    parse: wholeNumber(24, 720, 24),
  }),
  argon2MemoryKiB: setting<number>({
    variable: 'HOLDFAST_ARGON2_MEMORY_KIB',
    description: 'Memory of one password hash. The floor is that of OWASP’s Password Storage Cheat Sheet.',
    default: () => 19_456,
    parse: wholeNumber(19_456, 1_048_576, 19_456),
  }),
  argon2Passes: setting<number>({
    variable: 'HOLDFAST_ARGON2_PASSES',
    description: 'Passes over that memory.',
    default: () => 2,
    parse: wholeNumber(2, 20, 2),
  }),
  pepper: setting<Secret<Buffer> | null>({
    variable: 'HOLDFAST_PEPPER',
    description: 'Key of password hashes, base64, where it is not in the keyring.',
    secret: true,
    default: () => null,
    parse: (text) => {
      if (/^[A-Za-z0-9+/]+={0,2}$/.test(text) && text.length % 4 === 0) return new Secret(Buffer.from(text, 'base64'))
      throw new WrongSetting(`must be base64; ${RANDOM_KEY}`)
    },
    weak: (value) => {
      const weak = value === null ? null : weakKey(value.release())
      return weak === null ? null : `${weak}; ${RANDOM_KEY}`
    },
  }),
  smtp: setting<SmtpTarget | null>({
    variable: 'HOLDFAST_SMTP_URL',
    description: 'Mail server, by TLS. Without it development keeps mails in an outbox: holdfast outbox.',
    secret: true,
    default: () => null,
    parse: parseSmtpUrl,
    weak: (value, mode) => (value === null ? null : weakSmtp(value, mode)),
  }),
  mailFrom: setting<Sender | null>({
    variable: 'HOLDFAST_MAIL_FROM',
    description: 'Who mails are from: Notes <notes@app.example>.',
    default: () => null,
    parse: parseSender,
  }),
  openidProviders: setting<string | null>({
    variable: 'HOLDFAST_OPENID_PROVIDERS',
    description: 'File that lists the OpenID providers with which people may sign in, JSON, mode 0600.',
    default: () => null,
    parse: path,
  }),
  passwordFilter: setting<string | null>({
    variable: 'HOLDFAST_PASSWORD_FILTER',
    description: 'Filter of passwords that nobody may choose, beside the one that ships: holdfast passwords build.',
    default: () => null,
    parse: path,
  }),
  breachService: setting<string | null>({
    variable: 'HOLDFAST_BREACH_SERVICE',
    description:
      'Range-query service that is asked whether a password is known from a breach. Off where it is not set.',
    default: () => null,
    parse: rangeService,
  }),
  serviceName: setting<string | null>({
    variable: 'HOLDFAST_SERVICE_NAME',
    description: 'How it is called towards people, where that is not its title.',
    default: () => null,
    parse: line,
  }),
} as const satisfies Record<string, Setting>

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** Setting's key → its value. */
export type SettingValues = {
  readonly [K in keyof typeof SETTINGS]: (typeof SETTINGS)[K] extends Setting<infer T> ? T : never
}

const RANDOM_KEY = 'right would be 32 random bytes: openssl rand -base64 32'
