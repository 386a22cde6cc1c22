/** The emulated time stamping authority, judged by OpenSSL. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { isInstalled } from '../../judges/required.js';
import { pem } from '../crypto/certificate.js';
import { createTimestampAuthority, stampToken } from './authority.js';

describe.runIf(isInstalled('openssl'))('a time stamp', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'tsa-'));
  const file = (name: string): string => path.join(folder, name);
  const openssl = (...args: string[]): string =>
    execFileSync('openssl', ['ts', ...args], { stdio: 'pipe' }).toString();
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it.each(['sha256', 'sha384', 'sha512'])('is for what was asked, over %s', (hash) => {
    const authority = createTimestampAuthority(new Date());
    writeFileSync(file('data'), 'a signature');
    writeFileSync(file('root.pem'), pem('CERTIFICATE', authority.root));
    openssl('-query', '-data', file('data'), `-${hash}`, '-cert', '-out', file('query'));
    writeFileSync(file('reply'), stampToken(authority, readFileSync(file('query')), new Date()));
    const query = ['-queryfile', file('query'), '-in', file('reply'), '-CAfile', file('root.pem')];
    expect(openssl('-verify', ...query)).toContain('Verification: OK');
  });
});
