/**
 * The tags by which keys that this product made or imported are known again. They are a help to
 * people and tools; the one that decides about trust is in ./root-record.ts.
 */

/** Tags of an object in a vault. */
export type Tags = Readonly<Record<string, string>>;

/** What a key is for. A root key serves many repositories, so it names none. */
export interface KeyPurpose {
  readonly role: 'root' | 'targets' | 'delegation';
  readonly gun?: string | undefined;
  /** The signer whose delegation key it is, without `targets/`. */
  readonly signer?: string | undefined;
}

const roleTag = 'acr-content-trust-role';
const gunTag = 'acr-content-trust-gun';
const signerTag = 'acr-content-trust-signer';

/** Key Vault's limit for the value of a tag, in characters. */
const maxTagLength = 256;

/** The tags of a key with this purpose. A name too long for a tag is left out, never cut. */
export function tagsFor({ role, gun, signer }: KeyPurpose): Readonly<Record<string, string>> {
  const fits = (text: string | undefined): text is string =>
    text !== undefined && text.length <= maxTagLength;
  return {
    [roleTag]: role,
    ...(role !== 'root' && fits(gun) ? { [gunTag]: gun } : {}),
    ...(role === 'delegation' && fits(signer) ? { [signerTag]: signer } : {}),
  };
}

/** What the tags of an object say of its purpose; undefined when it has none of ours. */
export function purposeOf(tags: Readonly<Record<string, string>>): KeyPurpose | undefined {
  const role = tags[roleTag];
  if (role !== 'root' && role !== 'targets' && role !== 'delegation') return undefined;
  const { [gunTag]: gun, [signerTag]: signer } = tags;
  return {
    role,
    ...(gun === undefined ? {} : { gun }),
    ...(signer === undefined ? {} : { signer }),
  };
}
