/** One part of torture, as it ended. */
export interface PartReport {
  readonly part: string
  /** 0 all is well · 1 something is wrong · 2 something was not tried. */
  readonly code: 0 | 1 | 2
  readonly says: string
  readonly milliseconds: number
}

export interface TortureTextOptions {
  readonly backend: string
  readonly seed: number
  readonly scale: number
  readonly colour: boolean
}

/** A line for each part, after all of them. */
export function tortureText(
  parts: readonly PartReport[],
  { backend, seed, scale, colour }: TortureTextOptions,
): string {
  const sgr = (code: number, text: string): string => (colour ? `\x1b[${code}m${text}\x1b[0m` : text)
  const lines = parts.map(({ part, code, says, milliseconds }) => {
    const [word, shade] = WORDS[code]
    return `  ${sgr(shade, word.padEnd(9))} ${part.padEnd(9)} ${says}   ${(milliseconds / 1000).toFixed(0)} s`
  })
  const counts = scale === 1 ? '' : `, ${scale} of the long counts`
  return `\n${sgr(1, `Torture of ${backend}`)}, seed ${seed}${counts}\n\n${lines.join('\n')}\n\n`
}

const WORDS = { 0: ['well', 32], 1: ['WRONG', 31], 2: ['not whole', 33] } as const
