import { expect, it } from 'vitest';
import { describePurpose } from '../../src/signing/index.js';

it('a stored key is described by its role and its repository', () => {
  const gun = 'contoso.azurecr.io/team/app';
  expect(describePurpose({ role: 'targets', gun })).toBe(`repository key of ${gun}`);
  expect(describePurpose({ role: 'bob', gun })).toBe(`key of the signer bob in ${gun}`);
  expect(describePurpose({ role: undefined, gun: undefined })).toBe('key');
});
