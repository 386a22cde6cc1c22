/** Policies by which other programs accept what is signed here. Texts only; nothing is written. */
import { connaisseurFormat } from './connaisseur.js';
import { kyvernoCelFormat, kyvernoFormat } from './kyverno.js';
import { notationFormat } from './notation.js';
import { ratifyFormat } from './ratify.js';
import type { PolicyFormat } from './types.js';

export { connaisseurContentTrust, type ContentTrustInCluster } from './connaisseur.js';
export type { PolicyFiles, TrustedInCluster } from './types.js';

/** The formats of policies for Notary Project signatures. */
export const policyFormats = {
  notation: notationFormat,
  ratify: ratifyFormat,
  kyverno: kyvernoFormat,
  'kyverno-cel': kyvernoCelFormat,
  connaisseur: connaisseurFormat,
} as const satisfies Readonly<Record<string, PolicyFormat>>;
