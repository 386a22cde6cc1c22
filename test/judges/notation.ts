/** notation's own library (notation-go) as a judge: of envelopes, and of images in a registry. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { askGoProgram, buildGoProgram } from './go-program.js';

/** What a verification goes by. */
export interface NotationTrust {
  /** Certificates in PEM, by the store (`ca/acme`) and a file name. */
  readonly trustStore: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** As in `trustpolicy.json`. */
  readonly policy: unknown;
  /** Pairs that the signed metadata must hold. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * Trusts one signer in strict verification.
 * @param root PEM of the root above its certificate, or of the certificate itself.
 * @param subject as `C=US,ST=WA,O=Contoso,CN=release`.
 * @param scope `<registry>/<repository>`; all of them by default.
 * @param timestampRoot PEM of the root above the time stamp that signatures must have then.
 */
export function trustIn(
  root: string,
  subject: string,
  scope = '*',
  timestampRoot?: string,
): NotationTrust {
  return {
    trustStore: {
      'ca/trusted': { 'root.pem': root },
      ...(timestampRoot !== undefined && { 'tsa/trusted': { 'root.pem': timestampRoot } }),
    },
    policy: {
      version: '1.0',
      trustPolicies: [
        {
          name: 'trusted',
          registryScopes: [scope],
          signatureVerification: {
            level: 'strict',
            ...(timestampRoot !== undefined && { verifyTimestamp: 'always' }),
          },
          trustStores: ['ca:trusted', ...(timestampRoot === undefined ? [] : ['tsa:trusted'])],
          trustedIdentities: [`x509.subject: ${subject}`],
        },
      ],
    },
  };
}

interface InRegistry {
  /** `<registry>/<repository>:<tag>` or `@<digest>` */
  readonly reference: string;
  readonly username: string;
  readonly password: string;
}

/** A question to the judge. */
export type NotationQuestion =
  | (NotationTrust & {
      readonly kind: 'envelope';
      /** `<registry>/<repository>@<digest>` */
      readonly reference: string;
      readonly target: unknown;
      readonly mediaType: string;
      /** Base64. */
      readonly envelope: string;
    })
  /** Looks the signatures up in the registry, as `notation verify` does. */
  | (NotationTrust & InRegistry & { readonly kind: 'verify' })
  /** Signs and pushes, as `notation sign` does. */
  | (InRegistry & {
      readonly kind: 'sign';
      readonly mediaType: string;
      /** PEM. */
      readonly key: string;
      readonly chain: string;
      readonly metadata?: Readonly<Record<string, string>>;
      readonly expirySeconds?: number;
    });

/** What notation says. */
export interface NotationAnswer {
  readonly accepted: boolean;
  readonly error?: string;
  readonly digest?: string;
  readonly checks?: readonly {
    readonly type: string;
    readonly action: string;
    readonly error: string;
  }[];
  readonly metadata?: Readonly<Record<string, string>>;
}

const folder = path.join(path.dirname(fileURLToPath(import.meta.url)), 'notation');

/**
 * Asks all questions in one process, one after the other.
 * @throws {Error} where the judge cannot be built, or asked
 */
export async function askNotation(
  questions: readonly NotationQuestion[],
  env?: NodeJS.ProcessEnv,
): Promise<readonly NotationAnswer[]> {
  const judge = await buildGoProgram(folder);
  if (judge.kind === 'unavailable') throw new Error(`notation cannot be asked: ${judge.reason}`);
  return (await askGoProgram(judge.path, questions, env)) as readonly NotationAnswer[];
}
