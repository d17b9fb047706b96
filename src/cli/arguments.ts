import { type ParseArgsConfig, parseArgs } from 'node:util'
import { StartRefusal } from '../kernel/refusal.ts'

export type Options = NonNullable<ParseArgsConfig['options']>

export interface Usage<O extends Options> {
  /** Whose arguments they are: `check`. */
  readonly command: string
  readonly options: O
  /** How many arguments without `--` it takes, given those that are there. */
  readonly most: number | ((positionals: readonly string[]) => number)
}

/** Values by option, as `node:util` gives them, and the arguments without `--`. */
export type Arguments<O extends Options> = ReturnType<
  typeof parseArgs<{ args: string[]; allowPositionals: true; options: O }>
>

/**
 * Reads a command's arguments. Nothing is guessed and nothing dropped: an unknown option, a value that is missing or not
 * wanted, an option given twice that counts once, and an argument too many are refused.
 *
 * @throws {@link StartRefusal} with one line that names the argument and where help is.
 */
export function readArguments<const O extends Options>(argv: readonly string[], usage: Usage<O>): Arguments<O> {
  const { command, options, most } = usage
  const refuse = (problem: string): never => {
    throw new StartRefusal(command, `${problem}; see holdfast ${command} --help`)
  }
  const args = [...argv]
  const { tokens } = parseArgs({ args, options, allowPositionals: true, strict: false, tokens: true })
  const seen = new Set<string>()
  for (const token of tokens) {
    if (token.kind !== 'option') continue
    const option = Object.hasOwn(options, token.name) ? options[token.name] : undefined
    if (option === undefined) return refuse(`there is no option ${token.rawName}`)
    if (option.type === 'boolean') {
      if (token.value !== undefined) refuse(`${token.rawName} takes no value`)
    } else if (!token.value?.trim() || (!token.inlineValue && token.value.startsWith('-'))) {
      refuse(`${token.rawName} needs a value`)
    }
    if (seen.has(token.name) && option.multiple !== true) refuse(`${token.rawName} is given twice`)
    seen.add(token.name)
  }
  const positionals = tokens.flatMap((token) => (token.kind === 'positional' ? [token.value] : []))
  if (positionals.includes('')) refuse('an argument is empty')
  const tooMany = positionals[typeof most === 'number' ? most : most(positionals)]
  if (tooMany !== undefined) refuse(`${tooMany} is one argument too many`)
  return parseArgs({ args, allowPositionals: true, options })
}
