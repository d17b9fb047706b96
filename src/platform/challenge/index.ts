export { type ProofOfWork, type ProofsOfWork, proofsOfWork, type SolutionProblem } from './proof-of-work.ts'
