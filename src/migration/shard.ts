/** Splits repositories among runs: by their names alone, so that every run gets the same part again. */
import { createHash } from 'node:crypto';
import { TrustError } from '../errors.js';

/** A part of all repositories, from 1 to `of`. */
export interface Shard {
  readonly part: number;
  readonly of: number;
}

const mostShards = 100;

/** @throws {TrustError} INPUT_INVALID */
export function parseShard(text: string): Shard {
  const [, part = '', of = ''] = /^([1-9]\d{0,2})\/([1-9]\d{0,2})$/.exec(text) ?? [];
  const shard = { part: Number(part), of: Number(of) };
  if (part !== '' && shard.part <= shard.of && shard.of <= mostShards) return shard;
  throw new TrustError('INPUT_INVALID', `${JSON.stringify(text)} is not a part of a whole`, {
    remedy: `Give the number of this run and the number of runs, such as 1/4; at most ${mostShards} runs.`,
  });
}

/** Whether the repository `gun` is in this part. */
export function isInShard({ part, of }: Shard, gun: string): boolean {
  return createHash('sha256').update(gun).digest().readUInt32BE(0) % of === part - 1;
}
