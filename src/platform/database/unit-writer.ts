import type { Prepared, PreparedStatements } from './prepared.ts'
import type { Unit } from './unit.ts'
import type { WireWriter } from './wire-writer.ts'

/**
 * Finds or makes the prepared statement for each of a unit's statements.
 *
 * @throws TypeError for a text that can not run there; `unit.parsing` then holds what was made before it.
 */
export function prepareUnit(unit: Unit, statements: PreparedStatements): void {
  const [only] = unit.statements
  if (unit.statements.length === 1 && only !== undefined) {
    const { prepared, parse } = statements.find(only.sql, NO_STATEMENTS)
    unit.prepared = [prepared]
    if (parse) unit.parsing = unit.prepared
    return
  }
  const all: Prepared[] = []
  const parsing: Prepared[] = []
  unit.prepared = all
  unit.parsing = parsing
  for (const { sql } of unit.statements) {
    const { prepared, parse } = statements.find(sql, parsing)
    all.push(prepared)
    if (parse) parsing.push(prepared)
  }
}

/** Writes a prepared unit: own statements, each statement with its Parse where it is new, one Sync. */
export function writeUnit(unit: Unit, closing: readonly string[], writer: WireWriter): void {
  // Before all that can fail, since after an error the server would skip it.
  for (const name of closing) writer.closeStatement(name)
  for (const name of unit.prelude) {
    writer.bind(name, name === 'identity' ? [unit.identity] : NO_VALUES)
    writer.execute()
  }
  for (const [index, prepared] of unit.prepared.entries()) {
    if (unit.parsing.includes(prepared) && unit.prepared.indexOf(prepared) === index) {
      writer.parse(prepared.name, prepared.sql)
      writer.describeStatement(prepared.name)
    }
    writer.bind(prepared.name, unit.statements[index]?.values ?? NO_VALUES)
    writer.execute()
  }
  writer.sync()
}

const NO_STATEMENTS: readonly Prepared[] = []
const NO_VALUES: readonly string[] = []
