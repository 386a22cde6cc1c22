/** Public keys as OpenSSH writes them (RFC 4253, 6.6; RFC 5656, 3.1; RFC 8709, 4). */
import { createPublicKey } from 'node:crypto';

const line =
  /(?:^|[\s"])(ssh-rsa|ssh-ed25519|ecdsa-sha2-nistp(?:256|384|521))\s+([A-Za-z0-9+/]+={0,2})(?=\s|$)/;

/** SubjectPublicKeyInfo of the one key in a text; undefined where there is none, or several. */
export function sshPublicKey(text: string): Buffer | undefined {
  const lines = text.split(/\r?\n/).filter((one) => line.test(one) && !one.startsWith('#'));
  const [, type, body = ''] = line.exec(lines[0] ?? '') ?? [];
  if (lines.length !== 1 || type === undefined) return undefined;
  const [name, ...fields] = fieldsOf(Buffer.from(body, 'base64'));
  if (name?.toString('latin1') !== type) return undefined;
  const jwk = jwkOf(type, fields);
  if (!jwk) return undefined;
  try {
    const key = createPublicKey({ key: jwk, format: 'jwk' });
    return key.export({ format: 'der', type: 'spki' });
  } catch {
    // Node throws plain errors for numbers that are no key.
    return undefined;
  }
}

/** Strings with their lengths before them. */
function fieldsOf(bytes: Buffer): readonly Buffer[] {
  const fields: Buffer[] = [];
  for (let at = 0; at + 4 <= bytes.length;) {
    const end = at + 4 + bytes.readUInt32BE(at);
    if (end > bytes.length) return [];
    fields.push(bytes.subarray(at + 4, end));
    at = end;
  }
  return fields;
}

function jwkOf(type: string, fields: readonly Buffer[]): Record<string, string> | undefined {
  const text = (bytes: Buffer | undefined): string =>
    (bytes ?? Buffer.alloc(0)).toString('base64url');
  if (type === 'ssh-rsa') {
    const [e, n] = fields;
    // Positive numbers may begin with a zero byte, which is not theirs.
    return { kty: 'RSA', e: text(e), n: text(n?.[0] === 0 ? n.subarray(1) : n) };
  }
  if (type === 'ssh-ed25519') return { kty: 'OKP', crv: 'Ed25519', x: text(fields[0]) };
  const point = fields[1];
  // Uncompressed, as OpenSSH writes it.
  if (point?.[0] !== 4) return undefined;
  const half = (point.length - 1) / 2;
  const crv = `P-${type.slice(-3)}`;
  return {
    kty: 'EC',
    crv,
    x: text(point.subarray(1, 1 + half)),
    y: text(point.subarray(1 + half)),
  };
}
