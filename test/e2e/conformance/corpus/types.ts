/** How a case of the corpus is described, and what most cases need to build themselves. */
import { randomUUID } from 'node:crypto';
import type { RoleName } from '../../../../src/trust/metadata/index.js';
import {
  targetOf,
  type BuildOptions,
  type Files,
  type RepositoryBuilder,
} from '../../../trust/repository-builder.js';
import type { Served } from '../trust-server.js';
import type { Verdict } from '../verdict.js';

/** One repository, or one that changes between two visits of the same client. */
export interface Case {
  /** A statement about the repository; unique. */
  readonly name: string;
  /** What is served at each visit; the verdicts of the last one count. */
  readonly serve: (repository: RepositoryBuilder) => Files | Served | readonly (Files | Served)[];
  /** What our pull says about the tag. */
  readonly pull: Verdict;
  /** What our look-up by the rules of `notary lookup` says; default: the same. */
  readonly lookup?: Verdict;
  /** Default: 1.0. */
  readonly tag?: string;
}

/** Cases about one subject. */
export interface Chapter {
  readonly title: string;
  readonly cases: readonly Case[];
}

/** The repository without delegations, `1.0` in `targets`. */
export function plain(repository: RepositoryBuilder): RepositoryBuilder {
  repository.delegations = [];
  repository.targets = { '1.0': targetOf('image 1.0') };
  return repository;
}

/** A case whose plain repository is built with these options. */
export function built(name: string, pull: Verdict, options: BuildOptions): Case {
  return { name, pull, serve: (repository) => plain(repository).build(options) };
}

/** A case whose plain repository has one role's content changed before it is signed. */
export function edited(
  name: string,
  pull: Verdict,
  role: RoleName,
  edit: (signed: never) => unknown,
): Case {
  return built(name, pull, { edit: { [role]: edit } });
}

/** A case whose plain repository has one file changed after it was signed. */
export function rewritten(
  name: string,
  pull: Verdict,
  role: RoleName,
  wire: (text: string) => string,
): Case {
  return built(name, pull, { wire: { [role]: wire } });
}

/** A day before or after the repository's present. */
export function daysFrom({ at }: RepositoryBuilder, days: number): Date {
  return new Date(at.getTime() + days * 24 * 60 * 60 * 1000);
}

/** Files with some replaced. */
export function replaced(files: Files, changes: Readonly<Record<RoleName, Buffer>>): Files {
  return new Map([...files, ...Object.entries(changes)]);
}

/** A name that nobody else uses. */
export function newGun(): string {
  return `conformance.test/${randomUUID()}`;
}
