/**
 * Reads what Docker itself recorded of a build: the image ID file and buildx's metadata file. Digests
 * come from here, never from the log of a build.
 */
import { readFile } from 'node:fs/promises';
import { hasCode } from '../errors.js';
import { asRecord, asText, parseJsonObject } from '../json.js';

/** What a builder wrote about its result; every part may be missing. */
export interface BuildRecord {
  /** Of `--iidfile`. */
  readonly imageId?: string;
  /** `containerimage.digest`: of the manifest or index. */
  readonly digest?: string;
  /** `containerimage.config.digest`. */
  readonly configDigest?: string;
  /** `containerimage.descriptor`. */
  readonly descriptor?: ContentDescriptor;
}

/** What a registry stores under a digest. */
export interface ContentDescriptor {
  readonly mediaType: string;
  readonly digest: string;
  /** Length of the manifest or index in bytes. */
  readonly size: number;
}

const digestPattern = /^sha256:[0-9a-f]{64}$/;

/** Reads both files; one that the builder did not write counts as empty. */
export async function readBuildRecord(files: {
  readonly iidFile: string;
  readonly metadataFile: string;
}): Promise<BuildRecord> {
  const imageId = asDigest((await readIfThere(files.iidFile)).trim());
  const metadata = parseJsonObject((await readIfThere(files.metadataFile)) || '{}') ?? {};
  const digest = asDigest(metadata['containerimage.digest']);
  const configDigest = asDigest(metadata['containerimage.config.digest']);
  const descriptor = asDescriptor(metadata['containerimage.descriptor']);
  return {
    ...(imageId === undefined ? {} : { imageId }),
    ...(digest === undefined ? {} : { digest }),
    ...(configDigest === undefined ? {} : { configDigest }),
    ...(descriptor === undefined ? {} : { descriptor }),
  };
}

function asDigest(value: unknown): string | undefined {
  const text = asText(value);
  return text !== undefined && digestPattern.test(text) ? text : undefined;
}

function asDescriptor(value: unknown): ContentDescriptor | undefined {
  const object = asRecord(value);
  const digest = asDigest(object?.digest);
  const mediaType = asText(object?.mediaType);
  const size = object?.size;
  if (digest === undefined || mediaType === undefined) return undefined;
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size <= 0) return undefined;
  return { mediaType, digest, size };
}

async function readIfThere(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    // The classic builder writes no metadata file, and a push by digest no image ID.
    if (hasCode(error, 'ENOENT')) return '';
    throw error;
  }
}
