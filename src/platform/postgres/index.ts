/**
 * The embedded PostgreSQL: for development, tests, twins and drills. Its build is not kept up to date as a server must
 * be, so production refuses it.
 */
export { type Binaries, findBinaries } from './binaries.ts'
export { type Cluster, type ClusterOptions, openCluster } from './cluster.ts'
export { removePlace } from './place.ts'
export { generatePassword, scramVerifier } from './scram.ts'
export { type ScratchCluster, startScratchCluster } from './scratch.ts'
