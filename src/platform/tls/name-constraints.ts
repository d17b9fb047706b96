/**
 * The value of a NameConstraints extension (RFC 5280, 4.2.1.10) that permits `localhost`, 127.0.0.1 and ::1 and nothing
 * else, in DER. Permitting one name of a kind excludes all others of that kind; kinds that are not named
 * (e-mail, URI, directory names other than the leaf's own) are shut out by excluding everything of theirs.
 */
export function loopbackConstraints(): Buffer {
  const permitted = [
    subtree(DNS, Buffer.from('localhost')),
    subtree(IP, Buffer.from([127, 0, 0, 1, 255, 255, 255, 255])),
    subtree(IP, Buffer.concat([Buffer.alloc(15), Buffer.from([1]), Buffer.alloc(16, 255)])),
  ]
  const excluded = [subtree(EMAIL, Buffer.alloc(0)), subtree(URI, Buffer.alloc(0))]
  return der(SEQUENCE, der(CONTEXT_0, ...permitted), der(CONTEXT_1, ...excluded))
}

const subtree = (kind: number, name: Buffer): Buffer => der(SEQUENCE, der(kind, name))

/** Tag, length and content; all of ours are shorter than 256 bytes. */
function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  const length = content.length < 128 ? [content.length] : [0x81, content.length]
  return Buffer.concat([Buffer.from([tag, ...length]), content])
}

const SEQUENCE = 0x30
const CONTEXT_0 = 0xa0
const CONTEXT_1 = 0xa1
// GeneralName choices, implicitly tagged.
const EMAIL = 0x81
const DNS = 0x82
const URI = 0x86
const IP = 0x87
