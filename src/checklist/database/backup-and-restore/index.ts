import { defineItem } from '../../../kernel/item.ts'

export const item = defineItem({
  id: 'database/backup-and-restore',
  title: 'Backups that are known to restore',
  requirement:
    'There is always a backup young enough, encrypted and complete, and it is known to restore because it was restored.',
  sources: [
    'ASVS 5.0 V11.1.1',
    'ASVS 5.0 V13.3.1',
    'ASVS 5.0 V14.1.2',
    'ASVS 5.0 V14.2.4',
    'ASVS 5.0 V14.2.7',
    'ASVS 5.0 V16.5.2',
  ],
  state: 'not-built',
  claims: [],
  sabotages: [],
  remedy: 'Schedule backups and drills, and keep the recovery key offline.',
})
