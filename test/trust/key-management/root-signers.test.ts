import { describe, expect, it } from 'vitest';
import { pinsForNewRoot } from '../../../src/trust/key-management/index.js';
import { ecdsaSigner } from '../support/keys.js';

describe('the pins of a new root key', () => {
  const [signer, present, other] = [
    ecdsaSigner('new'),
    ecdsaSigner('present'),
    ecdsaSigner('other'),
  ];
  const pin = (keyId: string) => ({ kind: 'key-id', keyId }) as const;

  it('are none where none were given', () => {
    expect(pinsForNewRoot([], signer, [present])).toEqual([]);
    expect(pinsForNewRoot([pin(present.keyId)], undefined, [])).toEqual([pin(present.keyId)]);
  });

  it('take the new key as well, for a second run', () => {
    expect(pinsForNewRoot([pin(present.keyId)], signer, [present, other])).toEqual([
      pin(present.keyId),
      pin(signer.keyId),
    ]);
  });

  it('take the present key where every pin names the new one already', () => {
    const ahead = pinsForNewRoot([pin(signer.keyId)], signer, [present]);
    expect(ahead).toContainEqual(pin(present.keyId));
    const mixed = pinsForNewRoot([pin(signer.keyId), pin(other.keyId)], signer, [present]);
    expect(mixed).not.toContainEqual(pin(present.keyId));
  });
});
