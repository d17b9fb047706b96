/** The server's own files. They lie beside the data directory, where the server's user can't change them. */

export interface ServerSettings {
  readonly port: number
  readonly socketDirectory: string
  /** False: nothing is forced to disk. For scratch clusters, whose data is worth nothing. */
  readonly durable: boolean
}

/** `postgresql.conf`, whole: nothing of the sample that `initdb` writes is used. */
export function serverConfiguration(settings: ServerSettings): string {
  const lines: readonly (readonly [name: string, value: string])[] = [
    // No TCP: only who gets into the socket's directory can try a password.
    ['listen_addresses', ''],
    ['port', String(settings.port)],
    ['unix_socket_directories', settings.socketDirectory],
    ['unix_socket_permissions', '0777'], // the directory is what is closed
    ['max_connections', '100'],
    ['password_encryption', 'scram-sha-256'],
    ['authentication_timeout', '10s'],
    ['allow_alter_system', 'off'],

    ['shared_preload_libraries', 'pg_stat_statements'],
    ['pg_stat_statements.track_utility', 'off'], // role statements carry verifiers

    ['logging_collector', 'on'],
    ['log_destination', 'jsonlog'],
    ['log_directory', 'log'],
    ['log_filename', 'postgresql.log'], // for JSON, .json takes the place of .log
    ['log_rotation_age', '0'], // rotated by us, so that there is a bound
    ['log_rotation_size', '0'],
    ['log_connections', 'all'],
    ['log_disconnections', 'on'],
    ['log_statement', 'none'],
    ['log_min_error_statement', 'panic'], // a failed statement's text may hold values
    ['log_parameter_max_length', '0'],
    ['log_parameter_max_length_on_error', '0'],
    ['log_timezone', 'UTC'],

    ['statement_timeout', '0'], // set per role
    ['idle_in_transaction_session_timeout', '30s'],
    ['lock_timeout', '0'],
    ['client_connection_check_interval', '5s'],

    ['shared_buffers', '128MB'],
    ['max_wal_size', '1GB'],
    ['wal_level', 'replica'],
    ['max_slot_wal_keep_size', '2GB'], // a dead receiver must not fill the disk
    ['timezone', 'UTC'],
    ['datestyle', 'ISO, YMD'],
    ['default_text_search_config', 'pg_catalog.english'],
    ...(settings.durable ? [] : UNSAFE_AND_FAST),
  ]
  return lines.map(([name, value]) => `${name} = ${quoted(value)}\n`).join('')
}

/** `pg_hba.conf`, whole: a password over the Unix socket, nothing else. */
export function hostBasedAuthentication(replicationRole: string | undefined): string {
  const replication =
    replicationRole === undefined ? '' : `local replication ${doubleQuoted(replicationRole)} scram-sha-256\n`
  return `local all all scram-sha-256\n${replication}`
}

function quoted(value: string): string {
  if (/[\r\n\0]/.test(value)) throw new TypeError('a setting is one line')
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`
}

function doubleQuoted(name: string): string {
  // What is quoted is never a keyword, but a leading + would still mean the members of a role.
  if (!/^[a-z][a-z0-9_-]{0,62}$/.test(name)) throw new TypeError('a role name is lower-case letters, digits, _ and -')
  return `"${name}"`
}

const UNSAFE_AND_FAST: readonly (readonly [string, string])[] = [
  ['fsync', 'off'],
  ['synchronous_commit', 'off'],
  ['full_page_writes', 'off'],
]
