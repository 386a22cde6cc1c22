/**
 * Which files of a folder or an archive are keys, and what their place says of them. Pure: the
 * names come from others, and are used for nothing but reading.
 */
import { TrustError } from '../../errors.js';
import { limits } from '../../limits.js';
import { mentionsPrivateKey } from '../key-text.js';

/** A key file as it was found. */
export interface FoundKeyFile {
  /** Within the folder or archive, with slashes. */
  readonly path: string;
  readonly bytes: Buffer;
}

/** A file that should be a key and was not read. */
export interface PassedOver {
  readonly path: string;
  /** So that it reads after the path: `is a link, which is not followed`. */
  readonly why: string;
}

export interface FoundKeyFiles {
  readonly files: readonly FoundKeyFile[];
  /** Files that look like keys and are meant to stay where they are. */
  readonly leftOut: readonly PassedOver[];
  readonly passedOver: readonly PassedOver[];
}

/** What the place of a key file says, the way notary reads it when it moves old files. */
interface KeyPlace {
  /** The ID it is named after; nobody has proven it. */
  readonly keyId: string | undefined;
  readonly role: string | undefined;
  readonly gun: string | undefined;
}

const keyName = /^([0-9a-f]{64})(?:_([^_]+).*)?\.key$/i;

/**
 * Whether a path is that of a key: `<key ID>.key`, as every store names them, or any `.key` below
 * a folder `private`, where the clients read all of them. Elsewhere a `.key` may be of anything,
 * such as the TLS client keys that Docker keeps besides.
 */
export function isKeyPath(path: string): boolean {
  const segments = path.split('/');
  const name = segments.pop() ?? '';
  return keyName.test(name) || (name.endsWith('.key') && segments.includes('private'));
}

/** Why a file that looks like a key of the store is none; undefined for any other file. */
export function whyLeftOut(path: string, bytes: Buffer): string | undefined {
  const segments = path.split('/');
  const name = segments.pop() ?? '';
  const isMac = name.startsWith('._') || segments.includes('__MACOSX');
  if (isMac && !mentionsPrivateKey(bytes)) {
    return isKeyPath(path.replace(/(^|\/)\._/, '$1')) || name.endsWith('.pem')
      ? 'is what macOS adds to an archive (AppleDouble), not a key; it is left out'
      : undefined;
  }
  const folder = segments.find((segment) => tlsFolders.includes(segment));
  return folder !== undefined && !isKeyPath(path) && mentionsPrivateKey(bytes)
    ? `is a key for TLS, as it lies in "${folder}"; it is left out`
    : undefined;
}

/** Where Docker keeps the keys of its connections. */
const tlsFolders: readonly string[] = ['tls', 'certs.d', 'contexts', 'machine'];

/**
 * Reads the place of a key. Stores of before Docker 1.12 say role and repository by it only:
 * `root_keys/<ID>_root.key`, `tuf_keys/<GUN>/<ID>_targets.key` (theupdateframework/notary
 * storage/filestore.go, moveKeyTo0Dot4Location).
 */
export function placeOf(path: string): KeyPlace {
  const segments = path.split('/');
  const name = keyName.exec(segments.pop() ?? '');
  const tree = segments.findIndex((segment) => segment === 'root_keys' || segment === 'tuf_keys');
  const gun = segments[tree] === 'tuf_keys' ? segments.slice(tree + 1).join('/') : '';
  return {
    keyId: name?.[1]?.toLowerCase(),
    role: name?.[2] ?? (segments[tree] === 'root_keys' ? 'root' : undefined),
    gun: gun === '' ? undefined : gun,
  };
}

/** ARCHIVE_INVALID: the folder or archive as a whole cannot be used. */
export function invalidStore(path: string, why: string, cause?: unknown): TrustError {
  return new TrustError('ARCHIVE_INVALID', `${path} cannot be read as a store of keys: ${why}`, {
    remedy:
      'Give a file with private keys in PEM, the folder that Docker or notary keeps its keys in, such ' +
      'as ~/.docker/trust/private, or an archive of it, made with:\n' +
      'tar -czf keys.tar.gz -C ~/.docker/trust private',
    cause,
  });
}

/** @throws {TrustError} ARCHIVE_INVALID when there are more keys, or more entries, than we bear. */
export function checkCounts(path: string, entries: number, keys: number): void {
  if (entries > limits.keyStoreEntries) {
    throw invalidStore(path, `it has more than ${limits.keyStoreEntries} entries`);
  }
  if (keys > limits.keyStoreFiles) {
    throw invalidStore(path, `it has more than ${limits.keyStoreFiles} keys`);
  }
}
