/** The seven sections of the checklist and their items, in the list's order. An item's id is `section/name`. */
export const SECTIONS = [
  {
    id: 'authentication',
    title: 'Authentication and authorisation',
    items: [
      'strong-authentication',
      'session-management',
      'access-control',
      'enumeration-and-brute-force',
      'multi-factor',
    ],
  },
  {
    id: 'data',
    title: 'Data security',
    items: [
      'encryption',
      'validation-and-encoding',
      'injection-sanitization',
      'validate-before-database',
      'parameterized-queries',
    ],
  },
  {
    id: 'api',
    title: 'API security',
    items: ['endpoint-protection', 'rate-limiting', 'injection-defence', 'least-privilege'],
  },
  {
    id: 'server',
    title: 'Server-side security',
    items: ['up-to-date', 'unnecessary-features', 'error-handling', 'secure-configuration'],
  },
  {
    id: 'monitoring',
    title: 'Monitoring and logging',
    items: ['centralized-logging', 'intrusion-detection', 'log-review', 'alerting'],
  },
  {
    id: 'uploads',
    title: 'File uploads',
    items: ['type-and-size', 'malware-scanning', 'isolated-storage', 'unique-names'],
  },
  {
    id: 'database',
    title: 'Database security',
    items: ['least-privilege', 'strong-passwords', 'backup-and-restore', 'activity-monitoring'],
  },
] as const

export type Section = (typeof SECTIONS)[number]
export type SectionId = Section['id']

/** `authentication/session-management` and its twenty-nine siblings. */
export type ItemId = { [S in Section as S['id']]: `${S['id']}/${S['items'][number]}` }[SectionId]

/** All thirty ids in the list's order. */
export const ITEM_IDS: readonly ItemId[] = SECTIONS.flatMap((section) =>
  section.items.map((name) => `${section.id}/${name}` as ItemId),
)
