export { type HasherOptions, hasherOver, inheritedHasher } from './client.ts'
export { DEFAULT_PARAMETERS, type Hasher, type HashParameters, type PasswordHash } from './hasher.ts'
export { type RunningHasher, type SpawnOptions, spawnHasher } from './spawn.ts'
