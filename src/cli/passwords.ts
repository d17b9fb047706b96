import { StartRefusal } from '../kernel/refusal.ts'
import type { Command } from './command.ts'
import { buildPasswordFilter } from './passwords-build.ts'
import { checkPassword } from './passwords-check.ts'

/** Filters of passwords that nobody may choose. */
export const passwords: Command = {
  help: `holdfast passwords build --from FILE … --hashes PATH … --to FILE [options]
holdfast passwords check [options]

build makes a filter of passwords that nobody may choose, for HOLDFAST_PASSWORD_FILTER, which is asked beside the one that ships.
Its sources may be of any size; 200 MB of memory do. The filter has 18 bits for each password, and takes one in 65,536
that it has not for one that it has.

  --from FILE           list of passwords, one a line, UTF-8; may be given several times
  --hashes PATH         dump of a range-query service: a folder of files 00000 to FFFFF with SUFFIX:COUNT a line, or a file with
                        HASH:COUNT a line, SHA-1; may be given several times
  --to FILE             the filter; it appears when it is whole
  --least-characters N  leaves shorter ones of a list out (default 8: shorter ones are refused anyway)
  --least-count N       leaves out of a dump what was seen less often (default 1)
  --json                says what was built as JSON

check reads a password, hidden at a terminal, else the first line of standard input, and says whether it would be refused and why. A
breach service is not asked.

  --filter FILE         asks this one too (default HOLDFAST_PASSWORD_FILTER)
  --second-factor       as of somebody whose second factor is asked for
  --email ADDRESS --name NAME --service NAME
                        what the password must not be made of

Exit codes: 0 done, accepted · 1 refused · 3 could not run.
`,
  async run([action, ...argv]) {
    if (action === 'build') return buildPasswordFilter(argv)
    if (action === 'check') return checkPassword(argv)
    throw new StartRefusal('passwords', 'say what: holdfast passwords build, or holdfast passwords check')
  },
}
