/** The page of mails that a development keeps instead of sending them. */
export const outbox = {
  title: 'Outbox',
  about:
    'No mail server is set, so mails stay here, newest first. Nobody but this machine sees this page, and production has none.',
  empty: 'No mail yet.',
  newest: 'Open the newest link',
  to: 'to',
} as const
