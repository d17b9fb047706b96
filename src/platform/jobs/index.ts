export { type Job, type Jobs, type JobsOptions, openJobs } from './jobs.ts'
export { MAIL, type QueueRules } from './queues.ts'
export { stageJob } from './stage-job.ts'
