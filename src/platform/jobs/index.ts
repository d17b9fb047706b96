export {
  type ApplicationJobs,
  createApplicationJobs,
  JOBS_FAILED,
  JobUnfit,
  queueOf,
  rulesOf,
  SYSTEM,
} from './application-jobs.ts'
export { writeDeclaredQueues } from './declared-queues.ts'
export { type Job, type Jobs, type JobsOptions, openJobs } from './jobs.ts'
export { MAIL, type QueueRules } from './queues.ts'
export { keepSchedule } from './schedule.ts'
export { stageJob } from './stage-job.ts'
