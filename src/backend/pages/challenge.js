// Solves a proof of work before a form is sent, where one is asked for. Runs on the pages for strangers only; without it they
// work as long as nobody is trying many accounts. What it says stands in data attributes: see challenge-parts.ts.
const form = document.querySelector('form[data-challenge]')
const place = form?.querySelector('[data-working]')
const status = place?.querySelector('[role=status]')
const progress = place?.querySelector('progress')
let state = 'idle'

form?.addEventListener('submit', async (event) => {
  if (state === 'settled') return
  event.preventDefault()
  if (state === 'working') return
  state = 'working'
  const { submitter } = event
  // Not `disabled`: the button that was pressed would lose its focus.
  submitter?.setAttribute('aria-disabled', 'true')
  const settled = await settle()
  submitter?.removeAttribute('aria-disabled')
  state = settled ? 'settled' : 'idle'
  if (settled) form.requestSubmit(submitter)
})

// Somebody came back to a page that was kept: what was solved is used up.
addEventListener('pageshow', ({ persisted }) => {
  if (!persisted) return
  state = 'idle'
  say(null)
})

/** @returns whether the form may go. */
async function settle() {
  let task
  try {
    const reply = await fetch('/auth/challenge', { headers: { accept: 'application/json' }, cache: 'no-store' })
    task = await reply.json()
  } catch {
    // It goes all the same: the answer to it says what is wanted.
    return true
  }
  // A known browser isn't asked, unless somebody else is to be signed in with it: then the form came back once.
  if (!task.asked && place.dataset.asked === undefined) return true
  const reminder = setInterval(() => say('still'), REMINDED)
  try {
    say('working')
    progress.hidden = false
    keep(task.challenge, await solve(task.challenge.parameters))
    say('done')
    return true
  } catch {
    say('failed')
    return false
  } finally {
    clearInterval(reminder)
    progress.hidden = true
  }
}

/** Puts the solution where it goes along with the form. Not for scripts to keep: it works once, for five minutes. */
function keep(challenge, solution) {
  const text = btoa(JSON.stringify({ challenge, solution }))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not everywhere yet
  document.cookie = `__Host-challenge=${text}; Path=/; Max-Age=300; Secure; SameSite=Strict`
}

/** Tries counters until the key derived from one begins as it should. The work runs beside the page, several tries at a time. */
async function solve({ nonce, salt, cost, keyLength, keyPrefix }) {
  const lanes = Math.min(Math.max(navigator.hardwareConcurrency || 2, 2), 8)
  const expected = 16 ** keyPrefix.length
  const latest = performance.now() + LONGEST
  for (let first = 0; performance.now() < latest; first += lanes) {
    const keys = await Promise.all(
      Array.from({ length: lanes }, (_, lane) => derive(nonce, salt, first + lane, cost, keyLength)),
    )
    const found = keys.findIndex((key) => key.startsWith(keyPrefix))
    if (found !== -1) return { counter: first + found, derivedKey: keys[found] }
    // How likely it was to be solved by now: nobody knows more.
    progress.value = 1 - Math.exp(-(first + lanes) / expected)
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

/** Shows one of the sentences that the page brought along; `null` takes it away. A screen reader reads it out. */
function say(what) {
  if (!status) return
  status.textContent = what === null ? '' : place.dataset[what]
  place.classList.toggle('warn', what === 'failed')
}

/** Milliseconds. */
const LONGEST = 120_000
const REMINDED = 10_000
