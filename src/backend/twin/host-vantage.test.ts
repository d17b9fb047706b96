import assert from 'node:assert/strict'
import net from 'node:net'
import { suite, test } from 'node:test'
import { choosePort } from '../ports.ts'
import { freePorts } from './free-ports.ts'
import { portWasTaken } from './host-vantage.ts'

suite('a start whose port was taken meanwhile', () => {
  test('is known by the line that the start itself writes', async () => {
    const [port = 0] = await freePorts(1)
    const server = net.createServer()
    await new Promise<void>((done) => server.listen(port, '127.0.0.1', done))
    try {
      const stderr = await choosePort('127.0.0.1', port, false).then(
        () => 'chosen',
        (error: Error) => `${error.message}\n`,
      )
      assert.ok(portWasTaken({ outcome: 3, stderr }), stderr)
    } finally {
      server.close()
    }
  })

  for (const [what, outcome, stderr, expected] of [
    ['by the system', 3, 'listen EADDRINUSE: address already in use 127.0.0.1:4443', true],
    ['not by another refusal', 3, 'HOLDFAST_PORT: is "x"; right would be a port', false],
    ['not by one that names a port in passing', 3, 'HOLDFAST_HOST: port 3443 is taken from the proxy', false],
    ['not by a start that went well', 'started', 'port 3443: is taken; free it or name another', false],
  ] as const) {
    test(`is known ${what}`, () => assert.equal(portWasTaken({ outcome, stderr }), expected))
  }
})
