/** Hashes, lengths and downloads: what binds one file to the next. */
import type {
  FileMeta,
  SnapshotSigned,
  TimestampSigned,
} from '../../../../src/trust/metadata/index.js';
import { endless, cutOff, fails, type Answer } from '../trust-server.js';
import type { Verdict } from '../verdict.js';
import { edited, plain, replaced, type Case, type Chapter } from './types.js';

type Meta = Omit<FileMeta, 'length'> & { readonly length?: unknown };

/** What the snapshot says of `targets`, or the timestamp of the snapshot. */
function stated(
  name: string,
  pull: Verdict,
  change: (meta: FileMeta) => unknown,
  role: 'targets' | 'snapshot' | 'root' = 'targets',
): Case {
  const lister = role === 'snapshot' ? 'timestamp' : 'snapshot';
  return edited(name, pull, lister, (signed: SnapshotSigned | TimestampSigned) => ({
    ...signed,
    meta: { ...signed.meta, [role]: change(signed.meta[role] ?? { hashes: {}, length: 0 }) },
  }));
}

const flipped = (base64: string): string => {
  const bytes = Buffer.from(base64, 'base64');
  bytes[0] = (bytes[0] ?? 0) ^ 1;
  return bytes.toString('base64');
};
const withHashes = ({ length }: FileMeta, hashes: Record<string, unknown>): Meta =>
  ({ hashes, length }) as never;
const asHex = (base64 = ''): string => Buffer.from(base64, 'base64').toString('hex');

const hashes: readonly Case[] = [
  ...(['targets', 'snapshot'] as const).flatMap((role) => [
    stated(
      `the sha256 of ${role} is wrong`,
      'invalid',
      (meta) => withHashes(meta, { ...meta.hashes, sha256: flipped(meta.hashes.sha256 ?? '') }),
      role,
    ),
    stated(
      `the sha512 of ${role} is wrong`,
      'invalid',
      (meta) => withHashes(meta, { ...meta.hashes, sha512: flipped(meta.hashes.sha512 ?? '') }),
      role,
    ),
    stated(
      `${role} has a sha256 only`,
      'image 1.0',
      (meta) => withHashes(meta, { sha256: meta.hashes.sha256 }),
      role,
    ),
    stated(
      `${role} has a sha512 only`,
      'invalid',
      (meta) => withHashes(meta, { sha512: meta.hashes.sha512 }),
      role,
    ),
    stated(
      `${role} has a hash of an unknown kind besides`,
      'image 1.0',
      (meta) => withHashes(meta, { ...meta.hashes, sha3: 'AAAA' }),
      role,
    ),
    stated(`${role} has no hashes`, 'invalid', (meta) => withHashes(meta, {}), role),
    stated(
      `the sha256 of ${role} is in hex`,
      'invalid',
      (meta) => withHashes(meta, { sha256: asHex(meta.hashes.sha256) }),
      role,
    ),
    stated(
      `the sha256 of ${role} is cut short`,
      'invalid',
      (meta) => withHashes(meta, { sha256: meta.hashes.sha256?.slice(0, 20) }),
      role,
    ),
    stated(
      `the sha512 of ${role} is cut short`,
      'invalid',
      (meta) => withHashes(meta, { ...meta.hashes, sha512: 'AAAA' }),
      role,
    ),
  ]),
  stated(
    'the root has another hash in the snapshot',
    'invalid',
    (meta) => withHashes(meta, { sha256: flipped(meta.hashes.sha256 ?? '') }),
    'root',
  ),
  ...(['root', 'targets'] as const).map((role) =>
    edited(
      `the snapshot does not list ${role}`,
      'invalid',
      'snapshot',
      (signed: SnapshotSigned) => ({
        ...signed,
        meta: Object.fromEntries(Object.entries(signed.meta).filter(([name]) => name !== role)),
      }),
    ),
  ),
  edited('the timestamp does not list the snapshot', 'invalid', 'timestamp', (signed: object) => ({
    ...signed,
    meta: {},
  })),
  edited('the timestamp lists nothing', 'invalid', 'timestamp', (signed: object) => ({
    ...signed,
    meta: null,
  })),
  edited(
    'the timestamp lists other things besides',
    'image 1.0',
    'timestamp',
    (signed: TimestampSigned) => ({
      ...signed,
      meta: { ...signed.meta, root: { hashes: {}, length: 3 } },
    }),
  ),
];

const lengths: readonly Case[] = [
  stated('targets is shorter than stated', 'image 1.0', (meta) => ({
    ...meta,
    length: meta.length + 10,
  })),
  stated('targets is longer than stated', 'invalid', (meta) => ({
    ...meta,
    length: meta.length - 10,
  })),
  stated(
    'the snapshot is longer than stated',
    'invalid',
    (meta) => ({ ...meta, length: 10 }),
    'snapshot',
  ),
  stated('the length of targets is left out', 'invalid', ({ hashes: all }) => ({ hashes: all })),
  stated('the length of targets is 0', 'invalid', (meta) => ({ ...meta, length: 0 })),
  stated('the length of targets is negative', 'invalid', (meta) => ({ ...meta, length: -1 })),
  stated('the length of targets is text', 'invalid', (meta) => ({
    ...meta,
    length: String(meta.length),
  })),
  stated('the length of targets is huge', 'image 1.0', (meta) => ({ ...meta, length: 2 ** 50 })),
];

/** One file answered differently. */
function answered(
  name: string,
  pull: Verdict,
  role: string,
  answer: (bytes: Buffer) => Answer,
): Case {
  return {
    name,
    pull,
    serve: (repository) => {
      const files = plain(repository).build();
      return { files, answers: { [role]: answer(files.get(role) ?? Buffer.alloc(0)) } };
    },
  };
}

const downloads: readonly Case[] = [
  ...['root', 'timestamp', 'snapshot', 'targets'].flatMap((role) => [
    answered(`${role} is not there`, role === 'root' ? 'none' : 'invalid', role, () => fails(404)),
    answered(`the server fails on ${role}`, 'invalid', role, () => fails(500)),
    answered(`the connection breaks in the middle of ${role}`, 'invalid', role, cutOff),
    answered(`${role} is empty`, 'invalid', role, () => (response) => response.end()),
    answered(`${role} is a web page`, 'invalid', role, () => (response) => {
      response
        .writeHead(200, { 'content-type': 'text/html' })
        .end('<html><body>login</body></html>');
    }),
  ]),
  answered('the timestamp does not end', 'invalid', 'timestamp', endless),
  answered('the snapshot does not end', 'invalid', 'snapshot', endless),
  answered('targets does not end', 'invalid', 'targets', endless),
  answered(
    'targets is followed by more than was stated',
    'invalid',
    'targets',
    (bytes) => (response) => {
      response.end(Buffer.concat([bytes, Buffer.alloc(1000, ' ')]));
    },
  ),
  {
    name: 'targets is another repository’s',
    pull: 'invalid',
    serve: (repository) => {
      const files = plain(repository).build();
      const foreign = plain(repository).build({ signers: {} }).get('targets');
      return replaced(files, {
        targets: Buffer.from((foreign?.toString() ?? '').replace('Z"', '1Z"')),
      });
    },
  },
];

export const files: readonly Chapter[] = [
  { title: 'Hashes', cases: hashes },
  { title: 'Lengths', cases: lengths },
  { title: 'Downloads', cases: downloads },
];
