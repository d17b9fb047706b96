import net from 'node:net'

/** A port nobody uses, as a setting: several claims start the backend at the same time. */
export function ownPort(): Promise<{ readonly HOLDFAST_PORT: string }> {
  return new Promise((resolve, reject) => {
    const server = net.createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      server.close(() => resolve({ HOLDFAST_PORT: String(port) }))
    })
  })
}
