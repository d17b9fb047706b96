/**
 * A header field as it is kept for long: at most so many characters, in memory of their own. What `slice` gives would hold on
 * to the whole field, up to 16 KiB for each of many thousand sessions.
 */
export const keptText = (field: string | undefined, most: number): string => {
  if (field === undefined) return ''
  // Node reads header fields as Latin-1: a byte is a character.
  return field.length <= most ? field : Buffer.from(field.slice(0, most), 'latin1').toString('latin1')
}
