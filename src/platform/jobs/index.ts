export {
  type ApplicationJobs,
  createApplicationJobs,
  JOBS_FAILED,
  JobUnfit,
  rulesOf,
  SYSTEM,
} from './application-jobs.ts'
export { writeDeclaredQueues } from './declared-queues.ts'
export { type Job, type Jobs, type JobsOptions, openJobs } from './jobs.ts'
export { MAIL, type QueueRules, queueOf } from './queues.ts'
export { keepSchedule } from './schedule.ts'
export { stageJob } from './stage-job.ts'
