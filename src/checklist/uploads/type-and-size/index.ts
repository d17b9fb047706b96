import { defineItem } from '../../../kernel/item.ts'

export const item = defineItem({
  id: 'uploads/type-and-size',
  title: 'Types and sizes of uploads',
  requirement:
    'A route accepts only the types and sizes it opened, judged by the content, and memory does not grow with the file.',
  sources: [
    'ASVS 5.0 V1.3.4',
    'ASVS 5.0 V5.1.1',
    'ASVS 5.0 V5.2.1',
    'ASVS 5.0 V5.2.2',
    'ASVS 5.0 V5.2.3',
    'ASVS 5.0 V5.2.4',
    'ASVS 5.0 V5.2.5',
    'ASVS 5.0 V5.2.6',
    'ASVS 5.0 V14.2.8',
  ],
  state: 'not-built',
  claims: [],
  sabotages: [],
  remedy: 'Open the types that are needed, each with a size.',
})
