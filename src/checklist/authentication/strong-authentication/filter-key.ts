import { hash } from 'node:crypto'
import { listedForm } from './fold.ts'

/**
 * Under what a filter has a text: its SHA-1, which is what range queries and their dumps have of a password. It hides nothing here
 * and need not: a filter is of passwords that everybody knows. Of two lists, one of words and one of hashes, comes one filter.
 */
export const keyOf = (text: string): Buffer => hash('sha1', text, 'buffer')

/** Under what a list has a password, for all its spellings. */
export const listedKey = (password: string): Buffer => keyOf(listedForm(password))

/** Bytes of a hash that make a key. */
export const KEY_BYTES = 8
