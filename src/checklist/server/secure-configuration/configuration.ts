import { resolve } from 'node:path'
import { StartRefusal } from '../../../kernel/refusal.ts'
import type { OpenIdProvider } from '../../../platform/openid/index.ts'
import { refuseUnsafeEnvironment } from './environment.ts'
import { parseOpenIdProviders } from './openid-providers.ts'
import { type SecretFiles, systemSecretFiles } from './secret-files.ts'
import { type Mode, type Setting, WrongSetting } from './setting.ts'
import { SETTINGS, type SettingValues } from './settings.ts'

/** What a backend runs by: checked, complete, frozen. Secrets are wrapped and print as `[secret]`. */
export interface Configuration extends SettingValues {
  readonly mode: Mode
  /** Absolute. */
  readonly stateDirectory: string
  /** Keys of the settings somebody set; the others have their default. */
  readonly given: ReadonlySet<keyof SettingValues>
}

export interface ConfigurationSource {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly mode: Mode
  /** What for. Only `migrate` may hold an administrator's credentials. Default `serve`. */
  readonly purpose?: 'serve' | 'migrate'
  /**
   * `without`: secret settings are left at their default and no file is opened. For a process that has its secrets
   * from a keyring, and may not read anything else. Default `with`.
   */
  readonly secrets?: 'with' | 'without'
  readonly files?: SecretFiles
  /** What relative paths are relative to. Default the working directory. */
  readonly directory?: string
}

/**
 * Reads the configuration.
 *
 * @throws {@link StartRefusal}, one line, for the first thing that is wrong: an unknown name, a value that is none, one
 * that is too weak for this mode, one that is missing.
 */
export function resolveConfiguration(source: ConfigurationSource): Configuration {
  const { environment, mode, purpose = 'serve', secrets = 'with', directory = process.cwd() } = source
  const files = source.files ?? systemSecretFiles(environment)
  refuseUnsafeEnvironment(environment, mode)
  if (purpose === 'serve') refuseAdministrator(environment)

  const values: Record<string, unknown> = {}
  const given = new Set<keyof SettingValues>()
  for (const key of Object.keys(SETTINGS) as (keyof SettingValues)[]) {
    const one: Setting = SETTINGS[key]
    const text = one.secret && secrets === 'without' ? undefined : textOf(one, environment, files)
    if (text !== undefined) given.add(key)
    values[key] = checked(one, text, mode)
  }
  const configuration = Object.freeze({
    ...(values as unknown as SettingValues),
    stateDirectory: resolve(directory, values.stateDirectory as string),
    mode,
    given,
  })
  refuseCombination(configuration, secrets === 'with' ? files : null, purpose)
  return configuration
}

/**
 * The OpenID providers that the configuration names; its file holds secrets, so that each process reads it for itself.
 *
 * @throws {@link StartRefusal}, one line.
 */
export function readOpenIdProviders(
  { openidProviders, mode }: Pick<Configuration, 'openidProviders' | 'mode'>,
  files: SecretFiles = systemSecretFiles(process.env),
): readonly OpenIdProvider[] {
  if (openidProviders === null) return []
  const { variable } = SETTINGS.openidProviders
  try {
    return parseOpenIdProviders(files.read(variable, openidProviders), mode)
  } catch (error) {
    if (error instanceof WrongSetting) throw new StartRefusal(variable, error.message)
    throw error
  }
}

/** The environment without the secrets of our settings: for child processes that have no use for them. */
export function withoutSecrets(
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, string | undefined> {
  const kept = { ...environment }
  for (const { variable, secret } of Object.values(SETTINGS)) {
    if (!secret) continue
    delete kept[variable]
    delete kept[`${variable}_FILE`]
  }
  return kept
}

function refuseAdministrator(environment: ConfigurationSource['environment']): void {
  const { variable } = SETTINGS.adminDatabase
  if (environment[variable] === undefined && environment[`${variable}_FILE`] === undefined) return
  throw new StartRefusal(
    variable,
    'is set, and a server must never hold it; unset it here and give it to holdfast migrate',
  )
}

function textOf(one: Setting, environment: ConfigurationSource['environment'], files: SecretFiles): string | undefined {
  const direct = environment[one.variable]
  const file = one.secret ? environment[`${one.variable}_FILE`] : undefined
  if (direct !== undefined && file !== undefined) {
    throw new StartRefusal(one.variable, `is set, and so is ${one.variable}_FILE; set one of them`)
  }
  const text = file === undefined ? direct : files.read(`${one.variable}_FILE`, file)
  if (text === '') throw new StartRefusal(one.variable, 'is empty; give it a value or unset it')
  return text
}

function checked(one: Setting, text: string | undefined, mode: Mode): unknown {
  if (text === undefined) return one.default(mode)
  try {
    const value = one.parse(text, mode)
    const weak = one.weak(value, mode)
    if (weak !== null) throw new WrongSetting(weak)
    return value
  } catch (error) {
    // Without the cause: some errors quote what they were given.
    if (error instanceof WrongSetting) throw new StartRefusal(one.variable, error.message)
    throw error
  }
}

/** What no setting shows alone. */
function refuseCombination(
  configuration: Configuration,
  files: SecretFiles | null,
  purpose: 'serve' | 'migrate',
): void {
  const { mode, tlsCertificateFile: certificate, tlsKeyFile: key, sessionIdle, sessionAbsolute } = configuration
  const refuse = (name: keyof SettingValues, problem: string): never => {
    throw new StartRefusal(SETTINGS[name].variable, problem)
  }
  if ((certificate === null) !== (key === null)) {
    refuse(certificate === null ? 'tlsCertificateFile' : 'tlsKeyFile', 'is missing; certificate and key go together')
  }
  if (key !== null) files?.read(SETTINGS.tlsKeyFile.variable, key)
  if (files !== null) readOpenIdProviders(configuration, files)
  if (sessionIdle !== null && sessionAbsolute !== null && sessionIdle > sessionAbsolute) {
    refuse('sessionIdle', 'is longer than HOLDFAST_SESSION_ABSOLUTE_SECONDS; right would be a part of it')
  }
  if (configuration.httpPort === configuration.port) refuse('httpPort', 'is the HTTPS port; name another, or off')
  if (mode === 'dev' || purpose === 'migrate') return
  if (files !== null && configuration.database === null) {
    refuse(
      'database',
      'is missing; production runs on a PostgreSQL of its own, right would be postgresql://db.example/notes',
    )
  }
  if (files !== null && configuration.smtp === null) {
    refuse(
      'smtp',
      'is missing; people sign up and get back in by mail, right would be smtps://user:password@mail.example',
    )
  }
  if (configuration.mailFrom === null) refuse('mailFrom', 'is missing; right would be Notes <notes@app.example>')
  if (configuration.publicOrigin === null) refuse('publicOrigin', 'is missing; right would be https://app.example')
  if (certificate === null && configuration.trustedProxies.length === 0) {
    refuse(
      'tlsCertificateFile',
      'is missing; give certificate and key, or name in HOLDFAST_TRUSTED_PROXIES who ends TLS',
    )
  }
}
