import type { ClaimReport } from './report.ts'

/** What a person can do so that an unproved claim is proved: by the first pattern that its reason fits. */
export function whatToDo({ reason }: Pick<ClaimReport, 'reason'>): string {
  return (ADVICE.find(({ when }) => when.test(reason))?.advice ?? OTHERWISE) + WAIVE
}

/** The same for items that have no claims yet, of which there can be many. */
export const WHAT_TO_DO_UNBUILT =
  'nothing here can prove it; see to it by other means, or accept it for a while in holdfast.waivers.json'

const WAIVE = ', or accept it for a while in holdfast.waivers.json'
/** Whatever a claim says itself: it names what it lacks. */
const OTHERWISE = 'give it what it lacks and check again, try it by hand'

/** The reasons are made in `context.ts`, `prove.ts`, `runner.ts` and `check.ts`, which a test holds together with these. */
const ADVICE: readonly { readonly when: RegExp; readonly advice: string }[] = [
  {
    when: /^no original: .*(?:start it again)/,
    advice: 'start the backend again, so that it runs what is checked here, and check again',
  },
  {
    when: /^no original: /,
    advice:
      'start the backend on the state directory that --state names (npm start, holdfast start) and check while it runs',
  },
  { when: /^needs the original/, advice: 'run check with the state directory of a running backend' },
  { when: /^needs a twin/, advice: 'run check without --original' },
  {
    when: /^needs .*\brepository\b/,
    advice: 'run check in a checkout: the application must lie in a folder with .git in it or above it',
  },
  { when: /^needs .*\b(?:network|database|host|telemetry)\b/, advice: 'run check where the backend can be reached so' },
  { when: /^(?:took longer than|interrupted|the claim is over)/, advice: 'check again with less load on the machine' },
  { when: /^its twin did not start/, advice: 'see what kept the twin from starting, and check again' },
  { when: /^no example: /, advice: 'give the route `examples` in its definition' },
  {
    when: /^no (?:identity: |second identity)/,
    advice: 'declare the role that is missing, so that the twin has people of it',
  },
  {
    when: /^(?:nothing was tried|no (?:positive|negative) side)/,
    advice: 'declare something it can be tried on, a route or a table of its kind',
  },
]
