/**
 * The body of a publish: multipart/form-data as notary-server reads it. The role travels as the
 * file name, slashes included, and the server stores each part's bytes exactly as they are, so
 * nothing is ever added to them.
 */
import { randomBytes } from 'node:crypto';
import type { RoleName } from '../metadata/types.js';

/** Only such names can be a file name without quoting (notary tuf/data/roles.go). */
const safeRole = /^[-a-z0-9_/]+$/;

/** A request body and the Content-Type that announces its boundary. */
interface MultipartBody {
  readonly contentType: string;
  readonly body: Buffer;
}

/**
 * Lays out one part per role (notary storage/httpstore.go, NewMultiPartMetaRequest).
 * @throws {RangeError} for a role name the form cannot carry.
 */
export function multipartBody(parts: ReadonlyMap<RoleName, Buffer>): MultipartBody {
  const boundary = randomBytes(30).toString('hex');
  const pieces: Buffer[] = [];
  for (const [role, bytes] of parts) {
    if (!safeRole.test(role)) throw new RangeError(`"${role}" is not a valid role name`);
    pieces.push(
      Buffer.from(
        `--${boundary}\r\n` +
          `Content-Disposition: form-data; name="files"; filename="${role}"\r\n` +
          'Content-Type: application/octet-stream\r\n\r\n',
      ),
      bytes,
      Buffer.from('\r\n'),
    );
  }
  pieces.push(Buffer.from(`--${boundary}--\r\n`));
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    body: Buffer.concat(pieces),
  };
}
