/** What people have to do once a key was replaced. */
import { isDelegation } from '../trust/index.js';
import type { Work } from './carry-out.js';
import type { RotatedRepository } from './plan-rotation.js';
import type { NewKey } from './new-key.js';
import type { Rotation } from './rotation.js';

const backUp = 'Back it up ("keys backup"), and give access to its users alone.';

/** Lines for the log and the summary; none where nothing was rotated. */
export function adviceOn(
  rotation: Rotation,
  { newKey, repositories }: Work,
  nameInput: (name: string) => string,
): readonly string[] {
  const isRotated = repositories.some(({ state }) => state === 'rotated');
  if (rotation.kind === 'server-key') {
    return isRotated
      ? [
          `The trust server signs ${rotation.role} by itself from now on. A key that a client kept for it is no longer used.`,
        ]
      : [];
  }
  if (!newKey) return [];
  const again =
    rotation.newKey.kind === 'create' && repositories.some(({ state }) => state === 'failed')
      ? [
          `The new key exists. For the repositories that failed, run again with ${nameInput('new-key')}: ${newKey.url}, and without ${nameInput('create-key')}, which would make another one.`,
        ]
      : [];
  return isRotated
    ? [...again, ...adviceOnKey(rotation.role, newKey, repositories, nameInput)]
    : again;
}

function adviceOnKey(
  role: string,
  { signer, url }: NewKey,
  repositories: readonly RotatedRepository[],
  nameInput: (name: string) => string,
): readonly string[] {
  const isSameKey = repositories.some(({ exchanges }) =>
    exchanges.some(({ oldKeyIds }) => oldKeyIds.includes(signer.keyId)),
  );
  if (role === 'root' && isSameKey) {
    return [
      `The root key is the same, ${url}; its certificate is new. A pin of the key itself still holds: ${nameInput('trust-pin')}: ${signer.keyId}. A pin of the old certificate does not: such runs stop with TRUST_PIN_MISMATCH.`,
    ];
  }
  if (role === 'root') {
    return [
      `New root key: ${url}. ${backUp} Without it, no key of these repositories can be replaced any more.`,
      `Change the pin wherever these repositories are signed or verified: ${nameInput('trust-pin')}: ${signer.keyId}. Runs that pin the old key, its certificate or the authority that issued it stop with TRUST_PIN_MISMATCH.`,
      `The record of root keys (tag acr-content-trust-root) names the new key at the signing keys that this run was given, and in their vaults. Runs with other keys that name the old one stop with TRUST_PIN_MISMATCH: run this again with their vaults in ${nameInput('keys')}, or have their owners replace it in that tag.`,
      'Clients that know an older root follow by what the server keeps; the old private key is not needed for that. Destroy it once no other repository has it as its root key: until then it can still sign a root for those who have not read the new one.',
    ];
  }
  const listed = repositories.flatMap(({ gun, stillListed }) =>
    stillListed.map((other) => `${other} of ${gun}`),
  );
  const users = isDelegation(role) ? 'The signer signs' : 'Sign';
  return [
    `${users} with the new key from now on: ${nameInput('signing-key')}: ${url}. Runs with the old one stop with KEY_NOT_AUTHORIZED. ${backUp}`,
    listed.length > 0
      ? `The old key is still listed in ${listed.join(', ')}: keep it as long as it is used there.`
      : 'The old key signs nothing in these repositories any more. Destroy it, and what Docker keeps of it in ~/.docker/trust/private, once no other repository lists it.',
  ];
}
