export type { Mail, MailQueue, MailTransport } from './mail.ts'
export { createMailQueue, type MailQueueParts, openMail } from './mail-queue.ts'
export { MailRefused } from './mail-refused.ts'
export { type SmtpOptions, smtpTransport } from './smtp.ts'
