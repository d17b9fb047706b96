/** A mail server did not take a mail. Says which step failed and the server's code; never an address or what the server wrote. */
export class MailRefused extends Error {
  override readonly name = 'MailRefused'
  /** The server will never take it: trying again is no use. */
  readonly forGood: boolean

  constructor(what: string, forGood: boolean) {
    super(what)
    this.forGood = forGood
  }
}
