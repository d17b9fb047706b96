import { type Html, html, type Principal, page, Type } from 'holdfast'

export const navigation = [
  { href: '/', label: 'Notes' },
  { href: '/notes/new', label: 'Write' },
] as const

/** A page of somebody who is signed in. */
export const shell = (title: string, current: string, body: Html): Html =>
  page({ title, application: 'Notes', navigation, current, person: 'Account', body })

export const tagLinks = (tags: readonly string[]): Html | null =>
  tags.length === 0
    ? null
    : html`<ul class="tags" aria-label="Tags">${tags.map((tag) => html`<li><a class="tag" href="/?tag=${tag}">${tag}</a></li>`)}</ul>`

export const NoteParams = Type.Object({ id: Type.String({ format: 'uuid' }) })

type Members = () => Promise<readonly { readonly id: string; readonly name: string }[]>

/** Names of the others in the workspace. Asked for only where `needed`: most pages show one's own notes alone. */
export async function namesOf(members: Members, needed: boolean): Promise<(account: string) => string> {
  const names = new Map(needed ? (await members()).map(({ id, name }) => [id, name]) : [])
  return (account) => names.get(account) ?? 'somebody outside this workspace'
}

/** Whether a change would be accepted; the database decides, this only spares people a form that leads nowhere. */
export const mayChange = (
  principal: Principal,
  owner: string,
  shares: readonly { readonly grantee: string; readonly access: string }[],
): boolean =>
  principal.permissions.has('note:write') &&
  (owner === principal.accountId ||
    principal.permissions.get('note:write') !== 'own' ||
    shares.some(({ grantee, access }) => grantee === principal.accountId && access === 'write'))
