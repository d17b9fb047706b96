import { encode } from 'uqr'
import { type Html, html } from './html.ts'

/**
 * A QR code as an image of the page itself: one path of squares, four modules of quiet around it.
 *
 * @param text - what it says; at most about 1,000 characters.
 * @param label - for who can't see it.
 */
export function qrCode(text: string, label: string): Html {
  const { data, size } = encode(text, { ecc: 'M', border: QUIET })
  // A run of dark modules is one rectangle.
  let path = ''
  for (const [y, row] of data.entries()) {
    for (let x = 0; x < size; x++) {
      if (row[x] !== true) continue
      const start = x
      while (x < size && row[x] === true) x++
      path += `M${start} ${y}h${x - start}v1h-${x - start}z`
    }
  }
  return html`<svg class="qr" role="img" aria-label="${label}" viewBox="0 0 ${size} ${size}" shape-rendering="crispEdges"><rect width="${size}" height="${size}" fill="#fff"/><path d="${path}" fill="#000"/></svg>`
}

/** Modules of margin, as ISO/IEC 18004 asks. */
const QUIET = 4
