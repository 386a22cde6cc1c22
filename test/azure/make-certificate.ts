/** Certificates for service principals, made with OpenSSL: a program we did not write. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface MadeCertificate {
  readonly certificate: string;
  readonly key: string;
  readonly encryptedKey: string;
  readonly pfx: Buffer;
}

/** The password of `encryptedKey` and `pfx`. */
export const password = 'correct horse';

/** Makes a self-signed certificate, valid for 30 days. */
export function makeCertificate(kind: 'rsa' | 'ec' = 'rsa'): MadeCertificate {
  const folder = mkdtempSync(join(tmpdir(), 'principal-'));
  const openssl = (...args: string[]): void => {
    execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  };
  try {
    const algorithm =
      kind === 'rsa' ? ['rsa:2048'] : ['ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
    const output = ['-keyout', 'key.pem', '-out', 'cert.pem'];
    const subject = ['-subj', '/CN=principal', '-days', '30', '-nodes'];
    openssl('req', '-x509', '-newkey', ...algorithm, ...output, ...subject);
    const pass = `pass:${password}`;
    openssl('pkcs8', '-topk8', '-in', 'key.pem', '-out', 'key.enc.pem', '-passout', pass);
    const pfx = ['-export', '-inkey', 'key.pem', '-in', 'cert.pem', '-out', 'principal.pfx'];
    openssl('pkcs12', ...pfx, '-passout', pass);
    const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
    return {
      certificate: read('cert.pem'),
      key: read('key.pem'),
      encryptedKey: read('key.enc.pem'),
      pfx: readFileSync(join(folder, 'principal.pfx')),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
