/** What became of each image. Types only. */
import type { ErrorCode } from '../../errors.js';
import type { ImageRequest } from './requests.js';

/** Why an image is not accepted. */
export interface VerdictProblem {
  readonly code: ErrorCode;
  /** A sentence that names the image. */
  readonly message: string;
  readonly remedy: string;
}

/** One image as it was judged. */
export interface Verdict {
  readonly request: ImageRequest;
  readonly status: 'verified' | 'allowed-unsigned' | 'failed';
  /** The signed digest, once there is one. */
  readonly digest?: string;
  /** Tags that are signed with it. */
  readonly tags: readonly string[];
  readonly roles: readonly string[];
  /** As `docker trust inspect` names them. */
  readonly signers: readonly string[];
  /** The first of the roles it depends on to expire. */
  readonly expires?: { readonly role: string; readonly at: Date };
  /** When the oldest of its platforms was made, where that was asked for and is known. */
  readonly created?: Date;
  readonly problems: readonly VerdictProblem[];
}
