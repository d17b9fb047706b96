// Passkeys in our pages: finds the places they marked, asks the server, the browser, and the server again. What is asked for and
// what is said when it fails stands in data attributes: see passkey-parts.ts. Runs after webauthn.js, which is
// @simplewebauthn/browser.
const { browserSupportsWebAuthn, browserSupportsWebAuthnAutofill, startAuthentication, startRegistration } =
  globalThis.SimpleWebAuthnBrowser

/** Milliseconds: a challenge lives five minutes, and an offer stands for as long as the page is open. */
const RENEWED = 4 * 60_000

for (const place of document.querySelectorAll('[data-passkey]')) {
  place.hidden = false
  const making = place.dataset.passkey === 'make'
  if (!browserSupportsWebAuthn()) {
    say(place, 'unsupported')
    for (const button of place.querySelectorAll('button')) button.disabled = true
  } else if (making) place.addEventListener('submit', (event) => started(event, place, make))
  else {
    place.querySelector('button').addEventListener('click', (event) => started(event, place, prove))
    if (place.dataset.passkey === 'offer') void offer(place)
  }
}

/** One try at a time; whatever goes wrong is said in the place itself. */
async function started(event, place, work) {
  event.preventDefault()
  const button = place.querySelector('button')
  if (button.getAttribute('aria-disabled') === 'true') return
  button.setAttribute('aria-disabled', 'true')
  say(place, null)
  try {
    await work(place)
  } catch (error) {
    say(place, reasonOf(error))
    if (place.dataset.passkey === 'offer') void offer(place)
  } finally {
    button.removeAttribute('aria-disabled')
  }
}

async function prove(place) {
  const optionsJSON = await ask(place.dataset.options)
  await show(place, await startAuthentication({ optionsJSON }))
}

async function make(place) {
  const name = new FormData(place).get('name')
  const optionsJSON = await ask(place.dataset.options)
  const { id, response } = await startRegistration({ optionsJSON })
  const { clientDataJSON, attestationObject, transports } = response
  const { recoveryCodes } = await ask(place.dataset.answer, {
    name,
    credential: { id, response: { clientDataJSON, attestationObject, transports } },
  })
  if (recoveryCodes === null) location.assign(place.dataset.next)
  else showCodes(place, recoveryCodes)
}

/** In place of the form: they are shown now and never again. */
function showCodes(place, recoveryCodes) {
  const section = document.querySelector('[data-recovery-codes]')
  for (const code of recoveryCodes) {
    const text = document.createElement('code')
    text.append(code)
    const item = document.createElement('li')
    item.append(text)
    section.querySelector('ol').append(item)
  }
  place.hidden = true
  section.hidden = false
  section.focus()
}

/** Lets the browser offer passkeys at the field for the address. Whoever has none sees nothing of it. */
async function offer(place) {
  if (!(await browserSupportsWebAuthnAutofill())) return
  // Asking anew ends what was asked before.
  const renewal = setTimeout(() => void offer(place), RENEWED)
  let answer
  try {
    const optionsJSON = await ask(place.dataset.options)
    answer = await startAuthentication({ optionsJSON, useBrowserAutofill: true })
  } catch {
    return // The button says what is wrong, to who presses it.
  } finally {
    clearTimeout(renewal)
  }
  try {
    await show(place, answer)
  } catch (error) {
    say(place, reasonOf(error))
    void offer(place)
  }
}

async function show(place, { id, response }) {
  const { clientDataJSON, authenticatorData, signature, userHandle } = response
  const password = document.getElementById(place.dataset.password ?? '')?.value
  await ask(place.dataset.answer, {
    id,
    response: { clientDataJSON, authenticatorData, signature, userHandle },
    ...(password ? { password } : {}),
  })
  location.assign(place.dataset.next)
}

/** Posts to the server, and throws what it refuses. */
async function ask(path, body) {
  const reply = await fetch(path, {
    method: 'POST',
    ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  })
  const said = reply.status === 204 ? null : await reply.json()
  if (reply.ok) return said
  throw Object.assign(new Error(said.title), { problem: said })
}

/** The name of the sentence that says what is wrong. */
function reasonOf({ problem, name, code }) {
  if (problem !== undefined) return REFUSALS[problem.code] ?? 'failed'
  return FAILURES[code] ?? FAILURES[name] ?? 'failed'
}

const REFUSALS = {
  'passkey-refused': 'refused',
  'second-factor-required': 'missing',
  'credentials-wrong': 'mismatch',
  'cross-site': 'address',
  'too-many-attempts': 'busy',
  overloaded: 'busy',
  conflict: 'full',
}
/** By the library's code, else by the browser's name. */
const FAILURES = {
  ERROR_INVALID_DOMAIN: 'address',
  ERROR_INVALID_RP_ID: 'address',
  SecurityError: 'address',
  ERROR_AUTHENTICATOR_PREVIOUSLY_REGISTERED: 'known',
  InvalidStateError: 'known',
  NotAllowedError: 'cancelled',
  AbortError: 'cancelled',
}

/** Shows one of the sentences that the page brought along; `null` takes it away. */
function say(place, what) {
  const notice = place.querySelector('[role=alert]')
  notice.textContent = what === null ? '' : (place.dataset[what] ?? place.dataset.failed)
  notice.hidden = what === null
}
