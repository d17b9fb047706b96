import { type Kysely, sql } from 'kysely'
import type { Tables } from './tables.ts'

/** How lists can be sorted. Names of columns never come from a request. */
export const SORTS = {
  recent: ['note.updated_at', 'desc'],
  oldest: ['note.created_at', 'asc'],
  title: ['note.title', 'asc'],
} as const
export type Sort = keyof typeof SORTS

export interface Find {
  /** Words to look for, as people type them into search boxes. */
  readonly search?: string
  readonly tag?: string
  readonly sort?: Sort
  /** 1, 2, … */
  readonly page?: number
}

export const PAGE_SIZE = 20

/** One page of the notes the caller may see; one row more than a page tells that there is another. */
export function findNotes(db: Kysely<Tables>, { search, tag, sort = 'recent', page = 1 }: Find) {
  const [column, direction] = SORTS[sort]
  let query = db
    .selectFrom('note')
    .select(['note.id', 'note.title', 'note.owner', 'note.updated_at'])
    .select((eb) =>
      eb
        .selectFrom('note_tag')
        .select(sql<string>`coalesce(string_agg(tag, ' ' order by tag), '')`.as('tags'))
        .whereRef('note_tag.note', '=', 'note.id')
        .as('tags'),
    )
    .orderBy(column, direction)
    .orderBy('note.id')
    .limit(PAGE_SIZE + 1)
    .offset((page - 1) * PAGE_SIZE)
  if (search !== undefined && search.trim() !== '') {
    // websearch_to_tsquery takes any text: quotes, minus and OR mean what people expect, nothing is a syntax error.
    query = query.where(
      sql<boolean>`to_tsvector('simple', note.title || ' ' || note.body) @@ websearch_to_tsquery('simple', ${search})`,
    )
  }
  if (tag !== undefined && tag !== '') {
    query = query.where((eb) =>
      eb.exists(
        eb
          .selectFrom('note_tag')
          .select('note_tag.tag')
          .whereRef('note_tag.note', '=', 'note.id')
          .where('note_tag.tag', '=', tag),
      ),
    )
  }
  return query.execute()
}

/** The tags of a note, in order. */
export async function tagsOf(db: Kysely<Tables>, noteId: string): Promise<string[]> {
  const rows = await db.selectFrom('note_tag').select('tag').where('note', '=', noteId).orderBy('tag').execute()
  return rows.map((row) => row.tag)
}

/** Puts exactly these tags on a note. Runs in the caller's transaction. */
export async function setTags(tx: Kysely<Tables>, noteId: string, tags: readonly string[]): Promise<void> {
  await tx.deleteFrom('note_tag').where('note', '=', noteId).execute()
  if (tags.length === 0) return
  await tx
    .insertInto('note_tag')
    .values([...new Set(tags)].map((tag) => ({ note: noteId, tag })))
    .execute()
}

export interface Share {
  readonly note: string
  readonly by: string
  readonly grantee: string
  readonly access: 'read' | 'write'
}

/**
 * Lends a note. Only its owner can: what was lent is not lent on.
 *
 * @returns false where the note is not the giver's own, or is not there.
 */
export async function shareNote(tx: Kysely<Tables>, { note, by, grantee, access }: Share): Promise<boolean> {
  const owned = await tx
    .selectFrom('note')
    .select('id')
    .where('id', '=', note)
    .where('owner', '=', by)
    .executeTakeFirst()
  if (owned === undefined) return false
  await tx.deleteFrom('note_share').where('note', '=', note).where('grantee', '=', grantee).execute()
  await tx.insertInto('note_share').values({ note, grantee, access }).execute()
  return true
}

/** Takes a note back. @returns false where there was no such share, or it is not the caller's to end. */
export async function endShare(db: Kysely<Tables>, note: string, grantee: string): Promise<boolean> {
  const row = await db
    .deleteFrom('note_share')
    .where('note', '=', note)
    .where('grantee', '=', grantee)
    .returning('note')
    .executeTakeFirst()
  return row !== undefined
}

/** Words and hyphens from what somebody typed: `Home, To do` → `home`, `to-do`. At most twenty. */
export function parseTags(text: string): string[] {
  const tags = text
    .toLowerCase()
    .split(/[,;\n]/)
    .map((tag) =>
      tag
        .trim()
        .replace(/[^a-z0-9]+/g, '-')
        .replace(/^-+|-+$/g, '')
        .slice(0, 40),
    )
    .filter((tag) => tag !== '')
  return [...new Set(tags)].slice(0, 20)
}
