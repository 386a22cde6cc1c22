/**
 * The tags by which keys that this product made or imported are known again. They are a help to
 * people and tools; no decision about trust is made by them.
 */

/** What a key is for. A root key serves many repositories, so it names none. */
export interface KeyPurpose {
  readonly role: 'root' | 'targets' | 'delegation';
  readonly gun?: string | undefined;
}

export const roleTag = 'acr-content-trust-role';
export const gunTag = 'acr-content-trust-gun';

/** Key Vault's limit for the value of a tag, in characters. */
const maxTagLength = 256;

/** The tags of a key with this purpose. A name too long for a tag is left out, never cut. */
export function tagsFor({ role, gun }: KeyPurpose): Readonly<Record<string, string>> {
  const named = role !== 'root' && gun !== undefined && gun.length <= maxTagLength;
  return { [roleTag]: role, ...(named ? { [gunTag]: gun } : {}) };
}

/** What the tags of an object say of its purpose; undefined when it has none of ours. */
export function purposeOf(tags: Readonly<Record<string, string>>): KeyPurpose | undefined {
  const role = tags[roleTag];
  if (role !== 'root' && role !== 'targets' && role !== 'delegation') return undefined;
  const gun = tags[gunTag];
  return { role, ...(gun === undefined ? {} : { gun }) };
}
