import { existsSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { htmlReport } from './html.ts'
import { jsonReport } from './json.ts'
import { junitReport } from './junit.ts'
import { markdownReport } from './markdown.ts'
import type { CheckReport } from './report.ts'
import { sarifReport } from './sarif.ts'

export type MachineForm = 'json' | 'markdown' | 'html' | 'sarif' | 'junit'

export interface RenderOptions {
  /** The checkout, for links from Markdown to the items' READMEs. */
  readonly root?: string
  /** The file that will hold it. Default: in `root`. */
  readonly file?: string
}

/** The report in one of its forms other than the terminal's. */
export function render(form: MachineForm, report: CheckReport, options: RenderOptions = {}): string {
  switch (form) {
    case 'json':
      return `${JSON.stringify(jsonReport(report), null, 2)}\n`
    case 'sarif':
      return `${JSON.stringify(sarifReport(report), null, 2)}\n`
    case 'junit':
      return junitReport(report)
    case 'html':
      return htmlReport(report)
    case 'markdown':
      return markdownReport(report, { linkOf: (id) => linkOf(id, options) })
  }
}

/** Which form a file's name asks for; `undefined` where it tells none. */
export function formOfFile(file: string): MachineForm | undefined {
  return FORMS.find(([ending]) => file.toLowerCase().endsWith(ending))?.[1]
}

function linkOf(id: string, { root, file }: RenderOptions): string | undefined {
  if (root === undefined) return undefined
  const readme = join(root, 'src', 'checklist', id, 'README.md')
  if (!existsSync(readme)) return undefined
  const link = relative(file === undefined ? root : dirname(file), readme).replaceAll('\\', '/')
  // From outside of the checkout a relative link would lead nowhere for the next reader.
  return link.startsWith('..') ? undefined : link
}

const FORMS: readonly (readonly [ending: string, form: MachineForm])[] = [
  ['.md', 'markdown'],
  ['.html', 'html'],
  ['.sarif', 'sarif'],
  ['.sarif.json', 'sarif'],
  ['.json', 'json'],
  ['.xml', 'junit'],
]
