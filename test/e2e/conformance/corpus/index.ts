/** The corpus: every clause of Notary's client workflow, as repositories that really are signed. */
import { certificates } from './certificates.js';
import { delegations } from './delegations.js';
import { envelopes } from './envelopes.js';
import { files } from './files.js';
import { history } from './history.js';
import { roots } from './roots.js';
import { signatures } from './signatures.js';
import type { Chapter } from './types.js';

export { newGun, type Case, type Chapter } from './types.js';

/** All chapters, in the order of the workflow. */
export const corpus: readonly Chapter[] = [
  ...roots,
  ...certificates,
  ...signatures,
  ...delegations,
  ...history,
  ...files,
  ...envelopes,
];
