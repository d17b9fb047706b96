import { defineItem } from '../../../kernel/item.ts'
import { claims } from './probe.ts'
import { sabotages } from './sabotage.ts'

export { createValidation, type Validation, type ValidationOptions } from './control.ts'

export const item = defineItem({
  id: 'data/validation-and-encoding',
  title: 'Validate in, encode out',
  requirement:
    'Nothing comes in that its route does not declare, exactly as it is declared; nothing goes out that is not declared, and what goes out can not be taken for something else.',
  sources: [
    'ASVS 5.0 V1.1.1',
    'ASVS 5.0 V1.1.2',
    'ASVS 5.0 V1.2.1',
    'ASVS 5.0 V1.2.2',
    'ASVS 5.0 V1.2.3',
    'ASVS 5.0 V1.2.9',
    'ASVS 5.0 V1.2.10',
    'ASVS 5.0 V1.3.3',
    'ASVS 5.0 V1.3.12',
    'ASVS 5.0 V1.4.2',
    'ASVS 5.0 V1.5.3',
    'ASVS 5.0 V2.1.1',
    'ASVS 5.0 V2.1.2',
    'ASVS 5.0 V2.1.3',
    'ASVS 5.0 V2.2.1',
    'ASVS 5.0 V2.2.2',
    'ASVS 5.0 V2.2.3',
    'ASVS 5.0 V3.2.1',
    'ASVS 5.0 V3.2.2',
    'ASVS 5.0 V4.1.1',
    'ASVS 5.0 V15.3.5',
    'ASVS 5.0 V15.3.6',
    'ASVS 5.0 V15.3.7',
    'RFC 8259 4',
    'RFC 4180',
  ],
  state: 'built',
  claims,
  sabotages,
  remedy:
    'Declare schemas for what the route takes and answers, build pages with the html template and tables with Csv.',
})
