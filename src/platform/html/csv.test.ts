import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { Csv, csvCell } from './csv.ts'

suite('a cell', () => {
  for (const [value, expected] of [
    ['plain', 'plain'],
    ['=1+1', "'=1+1"],
    ['+1', "'+1"],
    ['-1', "'-1"],
    ['@SUM(A1)', "'@SUM(A1)"],
    [' =1', "' =1"],
    [' a', '" a"'],
    ['\t=1', '"\'\t=1"'],
    ['\r=1', '"\'\r=1"'],
    ['\n=1', '"\'\n=1"'],
    ['\uff1d1', "'\uff1d1"],
    ['=a"b,c', '"\'=a""b,c"'],
    ['a,b', '"a,b"'],
    ['a;b', '"a;b"'],
    ['a"b', '"a""b"'],
    ['a\r\nb', '"a\r\nb"'],
    ['a=b', 'a=b'],
    [-1, '-1'],
    [1.5, '1.5'],
    [true, 'true'],
    [null, ''],
    [undefined, ''],
  ] as const) {
    test(`of ${JSON.stringify(value)} is ${JSON.stringify(expected)}`, () => assert.equal(csvCell(value), expected))
  }
})

test('a table has a heading and ends its lines as RFC 4180 says', () => {
  const rows = [
    ['a', 1],
    ['=b', null],
  ] as const
  assert.equal(new Csv('notes.csv', ['title', 'count'], rows).toString(), "title,count\r\na,1\r\n'=b,\r\n")
})

for (const name of ['notes', '../notes.csv', 'no tes.csv', 'a"b.csv', '.csv', 'a\r\n.csv', 'a.csv.exe']) {
  test(`a table is not called ${JSON.stringify(name)}`, () => {
    assert.throws(() => new Csv(name, [], []), TypeError)
  })
}
