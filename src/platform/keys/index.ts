export { ensureKeyrings, type Keyrings } from './ensure-keyrings.ts'
export { createKeyring, type Keyring, type KeyVersion, openKeyring } from './keyring.ts'
export { readPrivateFile, writePrivateFile } from './private-file.ts'
export { createSealer, SealBroken, type Sealer } from './seal.ts'
