export type { Mail, MailQueue, MailTransport } from './mail.ts'
export { createMailQueue, type MailQueueParts, openMail } from './mail-queue.ts'
