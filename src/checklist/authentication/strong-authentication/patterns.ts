/**
 * The length of the shortest block that the text is repetitions of, the last one possibly cut: 8 for `passwordpassword`,
 * the text's own length where it does not repeat at least once.
 */
export function repeatedBlock(text: string): number {
  const points = [...text]
  for (let block = 1; block <= points.length / 2; block += 1) {
    if (points.every((point, index) => index < block || point === points[index - block])) return block
  }
  return points.length
}

/**
 * How many characters do not follow from the one before: by repeating it, by the next or previous letter or digit, or by a
 * neighbouring key. `qwertyuiopasdfgh` has 2, `123456789012345` has 1.
 *
 * @param text - in lower case.
 */
export function effectiveLength(text: string): number {
  const points = [...text]
  return points.filter((point, index) => index === 0 || !follows(points[index - 1] ?? '', point)).length
}

function follows(before: string, point: string): boolean {
  if (before === point || NEIGHBOURS.has(before + point)) return true
  const step = (point.codePointAt(0) ?? 0) - (before.codePointAt(0) ?? 0)
  return (step === 1 || step === -1) && ALPHANUMERIC.test(before) && ALPHANUMERIC.test(point)
}

const ALPHANUMERIC = /^[\p{L}\p{N}]$/u

/** Rows and columns of the layouts QWERTY, QWERTZ, AZERTY and of the number pad; each read both ways. */
const WALKS = [
  '1234567890',
  '01',
  'qwertyuiop',
  'asdfghjkl',
  'zxcvbnm',
  'qwertzuiop',
  'yxcvbnm',
  'azertyuiop',
  'qsdfghjklm',
  'wxcvbn',
  '!@#$%^&*()',
  ...['1qaz', '2wsx', '3edc', '4rfv', '5tgb', '6yhn', '7ujm', '8ik', '9ol'],
  ...['zse4', 'xdr5', 'cft6', 'vgy7', 'bhu8', 'nji9', 'mko0'],
  ...['147', '258', '369', '159', '357', '741', '852', '963'],
]

const NEIGHBOURS: ReadonlySet<string> = new Set(
  WALKS.flatMap((walk) => [...walk].slice(1).flatMap((key, index) => [walk[index] + key, key + walk[index]])),
)
