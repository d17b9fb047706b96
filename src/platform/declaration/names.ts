import { Refusal } from '../../kernel/refusal.ts'

/**
 * What a name is made of, as the source of a Unicode pattern over the whole text: one line, something to be seen, and nothing that
 * can't be. Controls of direction show a name in another order than it is stored in, and characters without a shape make two
 * names that look like one. The two joiners are let in where scripts are written with them: between letters of these.
 *
 * @see Unicode UAX #31, 2.3; UTS #39, 3.1.1
 */
export const NAME_PATTERN = (() => {
  const scripts = 'Arab Syrc Nkoo Mong Deva Beng Guru Gujr Orya Taml Telu Knda Mlym Sinh Khmr Mymr Tibt'
  const joined = `[${scripts
    .split(' ')
    .map((script) => `\\p{Script=${script}}`)
    .join('')}]`
  const shown = '[^\\p{Cc}\\p{Cs}\\p{Zl}\\p{Zp}\\p{Bidi_Control}\\p{Default_Ignorable_Code_Point}]'
  const somethingToSee = '(?=.*[\\p{L}\\p{N}\\p{P}\\p{S}])(?!\\u2800*$)'
  return `^${somethingToSee}(?:${shown}|(?<=${joined})[\\u200c\\u200d](?=${joined}))*$`
})()

/** The same for PostgreSQL, as far as its expressions go: what a name does not contain, wherever. Its joiners stand anywhere. */
export const SQL_NOT_IN_NAMES = `[${[
  '\\u0001-\\u001f\\u007f-\\u009f',
  '\\u2028\\u2029',
  '\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069',
  '\\u00ad\\u034f\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b\\u2060-\\u2065\\u206a-\\u206f\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufff8',
  '\\U0001bca0-\\U0001bca3\\U0001d173-\\U0001d17a\\U000e0000-\\U000e0fff',
].join('')}]`

/** Characters of a name, counted as it is stored. */
export const MAX_NAME = 100

/**
 * The most characters a name of {@link MAX_NAME} can be sent as: canonical decomposition makes at most four of one (Unicode 17, UAX #15
 * 9.1), and it is counted put together again.
 */
export const MAX_NAME_SENT = 4 * MAX_NAME

/**
 * The name of a person or a workspace as it is stored: normalised (NFC), which can make it longer or shorter than what was sent.
 *
 * @param at - where it stood: `body/name`.
 * @throws {@link Refusal} `input-invalid` naming the field.
 */
export function readName(text: string, at: string): string {
  const refuse = (problem: string): never => {
    throw new Refusal('input-invalid', `${at} ${problem}`, { fields: [{ at, problem }] })
  }
  const name = text.normalize('NFC')
  if ([...name].length > MAX_NAME) return refuse(`must have at most ${MAX_NAME} characters`)
  return NAME.test(name)
    ? name
    : refuse('has invisible characters, or ones that turn the direction, or none to be seen')
}

const NAME = new RegExp(NAME_PATTERN, 'u')
