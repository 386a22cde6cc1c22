/**
 * What was trusted before, kept in a folder from run to run. The root in it is what later roots are
 * held against, so a damaged one is an error; what else is damaged is fetched again
 * (theupdateframework/notary client/tufclient.go, bootstrapClient). Nothing in it is secret.
 */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { hasCode, TrustError, isTrustError, messageOf } from '../../errors.js';
import { isRecord, parseJsonObject } from '../../json.js';
import { limits } from '../../limits.js';
import { proveOutput, writeOutputs } from '../../output-files/index.js';
import type { Clock } from '../../ports.js';
import {
  parseSnapshot,
  parseTargets,
  parseTimestamp,
  type Envelope,
  type RoleName,
  type TargetsSigned,
} from '../metadata/index.js';
import { TrustedCollection, type EarlierState, type TrustedView } from '../verification/index.js';
import { requireOwn } from './own-folder.js';

/** The folder, by repository. */
export interface TrustCache {
  /** Makes sure that the folder can be used. @throws {TrustError} INPUT_INVALID, FILE_NOT_WRITTEN */
  prove(): Promise<void>;
  /**
   * What was trusted of `gun` when it was last read; undefined when it never was.
   * @throws {TrustError} TRUST_DATA_INVALID when the root in it cannot be believed.
   */
  load(gun: string): Promise<EarlierState | undefined>;
  /** Keeps `view`, unless another run has kept something newer meanwhile. @throws {TrustError} */
  save(view: TrustedView): Promise<void>;
}

/**
 * Uses `directory`, which is made when something is first kept in it. Only what this user has put
 * there counts.
 */
export function openTrustCache(
  directory: string,
  {
    workingDirectory,
    clock,
    nameInput,
  }: {
    readonly workingDirectory: string;
    readonly clock: Clock;
    readonly nameInput: (name: 'cache-directory') => string;
  },
): TrustCache {
  const load = async (gun: string): Promise<EarlierState | undefined> => {
    const file = fileOf(directory, gun);
    await requireOwn(file, nameInput('cache-directory'));
    const bytes = await readIfThere(file);
    return bytes && verifyAgain(bytes, gun, file, clock());
  };
  return {
    prove: async () => {
      await requireOwn(directory, nameInput('cache-directory'));
      await proveOutput(path.join(directory, 'trust-data'), workingDirectory);
    },
    load,
    save: async (view) => {
      const kept = await load(view.gun);
      if (kept && isNewer(kept, view)) return;
      // For this user only: who can change it decides what is trusted.
      const modes = { mode: 0o600, folderMode: 0o700 };
      const file = { path: fileOf(directory, view.gun), content: textOf(view), ...modes };
      await writeOutputs([file], workingDirectory);
    },
  };
}

/** A name that people can read and no two repositories share. */
function fileOf(directory: string, gun: string): string {
  const readable = gun.replace(/[^a-z0-9.-]+/g, '_').slice(0, 80);
  const hash = createHash('sha256').update(gun).digest('hex').slice(0, 32);
  return path.join(directory, `${readable}-${hash}.json`);
}

async function readIfThere(file: string): Promise<Buffer | undefined> {
  try {
    const { size } = await stat(file);
    if (size > limits.trustCacheBytes) {
      throw unusable(file, `it is ${size} bytes long, more than ${limits.trustCacheBytes}`);
    }
    return await readFile(file);
  } catch (cause) {
    if (isTrustError(cause)) throw cause;
    if (hasCode(cause, 'ENOENT')) return undefined;
    throw new TrustError('INPUT_INVALID', `${file} cannot be read: ${messageOf(cause)}`, {
      remedy: 'Give a cache folder that this run may read and write.',
      cause,
    });
  }
}

/** The documents in `bytes`, each verified as it was when it was kept, whatever has expired since. */
function verifyAgain(bytes: Buffer, gun: string, file: string, now: Date): EarlierState {
  const content = parseJsonObject(bytes);
  const files = isRecord(content?.files) ? content.files : {};
  const documentOf = (role: RoleName): Buffer | undefined => {
    const text = Object.hasOwn(files, role) ? files[role] : undefined;
    return typeof text === 'string' ? Buffer.from(text, 'base64') : undefined;
  };
  if (content?.gun !== gun) throw unusable(file, `it is not the trust data of ${gun}`);
  const collection = new TrustedCollection({ gun, now, expiry: 'report' });
  try {
    collection.acceptRoot(documentOf('root') ?? Buffer.alloc(0));
  } catch (error) {
    throw unusable(file, messageOf(error), error);
  }
  const targets = new Map<RoleName, Envelope<TargetsSigned>>();
  let state: EarlierState = { root: collection.anchoredRoot() };
  const take = (role: RoleName, accept: (document: Buffer) => void): void => {
    const document = documentOf(role);
    if (document) accept(document);
  };
  try {
    take('timestamp', (document) => {
      collection.acceptTimestamp(document);
      state = { ...state, timestamp: parseTimestamp(document) };
    });
    take('snapshot', (document) => {
      collection.acceptSnapshot(document);
      state = { ...state, snapshot: parseSnapshot(document) };
    });
    take('targets', (document) => {
      collection.acceptTargets(document);
      targets.set('targets', parseTargets(document));
    });
    let known: readonly RoleName[];
    do {
      known = collection.pendingDelegations().filter((role) => documentOf(role) !== undefined);
      for (const role of known) {
        take(role, (document) => {
          if (collection.acceptDelegation(role, document) === 'trusted') {
            targets.set(role, parseTargets(document, role));
          }
        });
      }
    } while (known.length > 0);
  } catch (error) {
    // Damaged: what was believed up to here counts, the rest is fetched again.
    if (!isTrustError(error) && !(error instanceof TypeError)) throw error;
  }
  return { ...state, targets };
}

function isNewer(kept: EarlierState, view: TrustedView): boolean {
  const version = kept.timestamp?.signed.version ?? 0;
  return (
    kept.root.signed.version >= view.root.signed.version && version > view.timestamp.signed.version
  );
}

function textOf({ gun, root, timestamp, snapshot, targets }: TrustedView): string {
  const all = new Map<RoleName, Envelope>([
    ['root', root],
    ['timestamp', timestamp],
    ['snapshot', snapshot],
    ...targets,
  ]);
  const files = [...all].map(([role, { bytes }]) => [role, bytes.toString('base64')] as const);
  return `${JSON.stringify({ formatVersion: 1, gun, files: Object.fromEntries(files) })}\n`;
}

function unusable(file: string, why: string, cause?: unknown): TrustError {
  return new TrustError('TRUST_DATA_INVALID', `The trust data kept in ${file} is damaged: ${why}`, {
    remedy:
      'It says which root was trusted before. Find out what happened to it.\n' +
      'To trust the repository again as the server has it, remove the file, and pin the root.',
    cause,
  });
}
