// Solves a proof of work before a form is sent, where one is asked for. Runs on the pages for strangers only; without it they
// work as long as nobody is trying many accounts.

const form = document.querySelector('form[data-challenge]')
const working = document.getElementById('challenge-working')
const failed = document.getElementById('challenge-failed')
let settled = false

form?.addEventListener('submit', async (event) => {
  if (settled) return
  event.preventDefault()
  const { submitter } = event
  if (submitter) submitter.disabled = true
  try {
    await solveIfAsked()
    settled = true
  } catch {
    // Sending it all the same: the answer says what is wanted.
    if (failed) failed.hidden = false
    settled = true
  }
  if (working) working.hidden = true
  if (submitter) submitter.disabled = false
  form.requestSubmit(submitter)
})

// Somebody came back to a page that was kept: what was solved is used up.
addEventListener('pageshow', () => {
  settled = false
})

async function solveIfAsked() {
  const reply = await fetch('/auth/challenge', { headers: { accept: 'application/json' }, cache: 'no-store' })
  const { asked, challenge } = await reply.json()
  if (!asked) return
  if (working) working.hidden = false
  const solution = await solve(challenge.parameters)
  const text = btoa(JSON.stringify({ challenge, solution }))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
  // Not for scripts to keep: it works once, for five minutes.
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not everywhere yet
  document.cookie = `__Host-challenge=${text}; Path=/; Max-Age=300; Secure; SameSite=Strict`
}

/** Tries counters until the key derived from one begins as it should. The work runs beside the page, several tries at a time. */
async function solve({ nonce, salt, cost, keyLength, keyPrefix }) {
  const lanes = Math.min(Math.max(navigator.hardwareConcurrency || 2, 2), 8)
  const latest = performance.now() + LONGEST
  for (let first = 0; performance.now() < latest; first += lanes) {
    const keys = await Promise.all(
      Array.from({ length: lanes }, (_, lane) => derive(nonce, salt, first + lane, cost, keyLength)),
    )
    const found = keys.findIndex((key) => key.startsWith(keyPrefix))
    if (found !== -1) return { counter: first + found, derivedKey: keys[found] }
  }
  throw new Error('too much work')
}

/** PBKDF2 over the nonce and the counter in four bytes, as hex. */
async function derive(nonce, salt, counter, iterations, keyLength) {
  const password = new Uint8Array(nonce.length / 2 + 4)
  password.set(bytes(nonce))
  new DataView(password.buffer).setUint32(nonce.length / 2, counter)
  const key = await crypto.subtle.importKey('raw', password, 'PBKDF2', false, ['deriveBits'])
  const options = { name: 'PBKDF2', hash: 'SHA-256', salt: bytes(salt), iterations }
  const derived = new Uint8Array(await crypto.subtle.deriveBits(options, key, keyLength * 8))
  return Array.from(derived, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

const bytes = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))

/** Milliseconds. */
const LONGEST = 120_000
