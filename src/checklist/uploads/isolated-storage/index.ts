import { defineItem } from '../../../kernel/item.ts'

export const item = defineItem({
  id: 'uploads/isolated-storage',
  title: 'Storage outside the web root',
  requirement:
    'Uploaded files lie where no path leads, encrypted, and are reached only through authorised links that expire.',
  sources: [
    'ASVS 5.0 V3.2.1',
    'ASVS 5.0 V5.2.4',
    'ASVS 5.0 V5.3.1',
    'ASVS 5.0 V5.3.2',
    'ASVS 5.0 V5.3.3',
    'ASVS 5.0 V5.4.1',
    'ASVS 5.0 V5.4.2',
    'ASVS 5.0 V13.4.3',
    'ASVS 5.0 V13.4.7',
    'ASVS 5.0 V14.2.8',
  ],
  state: 'not-built',
  claims: [],
  sabotages: [],
  remedy: 'Keep the store outside every served folder, or use an object store.',
})
