/**
 * Runs in a page, as an injected script would: tries each way by which text becomes script or style, and reports what was
 * stopped. A text, since it is the page's code and not ours: `{ ran, thrown, violated, styled }`.
 */
export const POLICY_TRIALS = `(async () => {
  const violated = new Set()
  addEventListener('securitypolicyviolation', (event) => violated.add(event.effectiveDirective))
  const thrown = []
  const attempt = (name, work) => {
    try { work() } catch { thrown.push(name) }
  }
  globalThis.ran = []
  await new Promise((resolve) => setTimeout(resolve)) // out of the debugger's own evaluation, which may do more
  attempt('innerHTML', () => {
    const box = document.body.appendChild(document.createElement('div'))
    box.innerHTML = '<img src="data:," onerror="ran.push(\\'innerHTML\\')">'
  })
  attempt('inline script', () => {
    const script = document.createElement('script')
    script.append('ran.push("inline script")')
    document.head.append(script)
  })
  attempt('script from data', () => {
    const script = document.createElement('script')
    script.src = 'data:text/javascript,ran.push("script from data")'
    document.head.append(script)
  })
  attempt('handler attribute', () => {
    const button = document.body.appendChild(document.createElement('button'))
    button.type = 'button'
    button.setAttribute('onclick', 'ran.push("handler attribute")')
    button.click()
  })
  attempt('timer text', () => setTimeout('ran.push("timer text")'))
  attempt('function from text', () => new Function('ran.push("function from text")')())
  attempt('javascript link', () => {
    const link = document.body.appendChild(document.createElement('a'))
    link.setAttribute('href', 'javascript:void ran.push("javascript link")')
    link.click()
  })
  attempt('policy of its own', () => {
    trustedTypes.createPolicy('own', { createHTML: (text) => text })
    ran.push('policy of its own')
  })
  attempt('inline style', () => {
    const style = document.createElement('style')
    style.append('body { outline: 7px solid red }')
    document.head.append(style)
  })
  await new Promise((resolve) => setTimeout(resolve, 300))
  return {
    ran: globalThis.ran,
    thrown,
    violated: [...violated].sort(),
    styled: getComputedStyle(document.body).outlineWidth === '7px',
  }
})()`

export interface PolicyTrials {
  readonly ran: readonly string[]
  readonly thrown: readonly string[]
  readonly violated: readonly string[]
  readonly styled: boolean
}
