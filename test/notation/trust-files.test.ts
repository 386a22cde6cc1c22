import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { limits } from '../../src/limits.js';
import { readTrustPolicyFile, readTrustStoreFolder } from '../../src/notation/index.js';
import { formatPem } from '../../src/signing/index.js';
import { makeChain } from './make-chain.js';

let folder = '';
const place = (...names: string[]) => path.join(folder, 'x509', ...names);

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'trust-files-'));
  const { chain } = await makeChain();
  const [leaf = Buffer.of(), issuing = Buffer.of(), root = Buffer.of()] = chain;
  for (const name of ['good', 'empty', 'leaf', 'link', 'large', 'folder/below']) {
    await mkdir(place('ca', name), { recursive: true });
  }
  await writeFile(place('ca/good/root.der'), root);
  await writeFile(place('ca/good/issuing.txt'), formatPem('CERTIFICATE', issuing));
  await writeFile(place('ca/leaf/leaf.pem'), formatPem('CERTIFICATE', leaf));
  await symlink(place('ca/good/root.der'), place('ca/link/root.der'));
  await writeFile(place('ca/large/all.pem'), Buffer.alloc(limits.trustFileBytes + 1));
});
afterAll(() => rm(folder, { recursive: true }));

const read = (name: string) => readTrustStoreFolder(folder, [{ type: 'ca', name }]);

describe('a folder of a trust store', () => {
  it('has certificates in PEM or DER, under any name, and others are not read', async () => {
    const store = await read('good');
    expect([...store.keys()]).toEqual(['ca:good']);
    expect(store.get('ca:good')?.map(({ subjectText }) => subjectText)).toEqual([
      'C=US,O=ACME,CN=Issuing',
      'C=US,O=ACME,CN=Root',
    ]);
  });

  it.each([
    ['gone', /ca:gone cannot be read/],
    ['empty', /ca:empty is empty/],
    ['leaf', /is neither a CA nor self-signed/],
    ['link', /ca:link holds root\.der, which is not a file/],
    ['folder', /ca:folder holds below, which is not a file/],
    ['large', /all\.pem is larger than/],
    // A name with which a policy would lead out of its kind of store.
    ['..', /which is not a file/],
  ])('is refused as %s', async (name, message) => {
    await expect(read(name)).rejects.toMatchObject({
      code: 'TRUST_POLICY_INVALID',
      message: expect.stringMatching(message) as string,
    });
  });
});

describe('a file of a trust policy', () => {
  it.each([
    ['gone.json', /cannot be read/],
    ['x509', /is not a file/],
    ['x509/ca/good/root.der', /is invalid/],
  ])('is refused as %s', async (name, message) => {
    await expect(readTrustPolicyFile(path.join(folder, name))).rejects.toMatchObject({
      code: 'TRUST_POLICY_INVALID',
      message: expect.stringMatching(message) as string,
    });
  });
});
