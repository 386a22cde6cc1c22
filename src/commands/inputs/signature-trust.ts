/** The inputs that say whose Notary Project signatures count: notation's files, or certificates. */
import path from 'node:path';
import { TrustError } from '../../errors.js';
import type { Input, Inputs } from '../../inputs/index.js';
import {
  anchorsOf,
  checkIdentities,
  isOfSignerAlone,
  makeTrustPolicy,
  readTrustPolicyFile,
  readTrustStoreFolder,
  statementFor,
  type SignatureTrust,
  type TrustPolicy,
} from '../../notation/index.js';
import type { OpenTrust } from '../../verification/index.js';
import { refuseInputs, type Read } from './read.js';
import { readTrustedCertificates, trustedSignerInputs } from './trusted-signers.js';

export const timestampRoot = {
  type: 'list',
  group: 'trust',
  label: 'Root of the time stamping authority',
  help: 'The root certificate of the authority, or of several, in PEM: its text, the path of a file, or the URL of a Key Vault secret that holds it. Authorities publish it on their pages; they do not send it.',
  example: 'certs/timestamp-root.pem',
} as const satisfies Input;

/** notation's own files. */
const policyInputs = {
  'trust-policy': {
    type: 'text',
    group: 'verification',
    label: 'Trust policy',
    help: "Whose Notary Project signatures count for which repositories, and how strictly: the path of notation's `trustpolicy.json`. It goes with `trust-store`.",
    example: 'notation/trustpolicy.json',
  },
  'trust-store': {
    type: 'text',
    group: 'verification',
    label: 'Trust store',
    help: "The certificates that `trust-policy` names: notation's folder that holds `x509`, with files in `x509/ca/<name>`, `x509/signingAuthority/<name>` and `x509/tsa/<name>`.",
    example: 'notation/truststore',
  },
} as const satisfies Inputs;

/** What a policy is made from. */
const certificateInputs = {
  ...trustedSignerInputs,
  'trusted-identity': {
    ...trustedSignerInputs['trusted-identity'],
    note: 'Not needed where each `trusted-certificate` is the self-signed certificate of a signer.',
  },
  'timestamp-root': timestampRoot,
  'check-revocation': {
    type: 'choice',
    group: 'verification',
    label: 'Check revocation',
    help: 'What a certificate does that is revoked, or whose OCSP responder and CRL cannot be asked. A certificate that names neither passes.',
    choices: {
      enforce: 'Its signatures are rejected.',
      log: 'There is a warning.',
      skip: 'No server is asked, for example behind a firewall.',
    },
    default: 'enforce',
    example: 'skip',
  },
} as const satisfies Inputs;

export const signatureTrustInputs = {
  ...policyInputs,
  ...certificateInputs,
} as const satisfies Inputs;

type TrustRead = Read<typeof signatureTrustInputs>;

/**
 * Whose signatures count. What is wrong is noted, and undefined returned.
 * @param guns the repositories that are verified: no more of a trust policy is looked at than what is
 * for them. Default: all of it.
 */
export async function readSignatureTrust(
  read: TrustRead,
  guns?: readonly string[],
): Promise<OpenTrust | undefined> {
  const { values, add, nameInput } = read;
  const file = values['trust-policy'];
  if (file === undefined && values['trust-store'] === undefined) return madeTrust(read);
  const [policy, store] = [nameInput('trust-policy'), nameInput('trust-store')];
  refuseInputs(
    certificateInputs,
    read,
    `is set, and so is "${file === undefined ? store : policy}"`,
    `Put it into the trust policy and the trust store, or leave out ${policy} and ${store}.`,
  );
  if (file === undefined) {
    const remedy = `Set ${policy} as well: it says what the certificates in the trust store are trusted for.`;
    add({ input: 'trust-policy', problem: 'is not set', code: 'INPUT_MISSING', remedy });
    return undefined;
  }
  const trust = await policyTrust(file, read, guns);
  return trust && (() => Promise.resolve(trust));
}

async function policyTrust(
  file: string,
  { values, workingDirectory, parseAsync, add, nameInput }: TrustRead,
  guns: readonly string[] | undefined,
): Promise<SignatureTrust | undefined> {
  const policy = await parseAsync('trust-policy', () =>
    readTrustPolicyFile(path.resolve(workingDirectory, file)),
  );
  if (!policy) return undefined;
  const needed = statementsFor(policy, guns).filter((one) => one.level !== 'skip');
  if (needed.length === 0) return { policy, store: new Map() };
  const folder = values['trust-store'];
  if (folder === undefined) {
    const remedy = `Set ${nameInput('trust-store')} to the folder that holds the certificates of the trust policy.`;
    add({ input: 'trust-store', problem: 'is not set', code: 'INPUT_MISSING', remedy });
    return undefined;
  }
  return parseAsync('trust-store', async () => {
    const names = needed.flatMap((one) => one.trustStores);
    const store = await readTrustStoreFolder(path.resolve(workingDirectory, folder), names);
    for (const statement of needed) anchorsOf(statement, store);
    return { policy, store };
  });
}

function statementsFor(policy: TrustPolicy, guns: readonly string[] | undefined): TrustPolicy {
  if (!guns) return policy;
  return [...new Set(guns.flatMap((gun) => statementFor(policy, gun) ?? []))];
}

/** A policy for all repositories, by certificates and names. */
async function madeTrust(read: TrustRead): Promise<OpenTrust | undefined> {
  const { values, parse, parseAsync, add, nameInput } = read;
  const certificates = readTrustedCertificates('trusted-certificate', 'ca', read);
  const timestampRoots = readTrustedCertificates('timestamp-root', 'tsa', read);
  // What is in no vault is judged with all other inputs.
  const local = await parseAsync('trusted-certificate', certificates.readLocal);
  const localRoots = await parseAsync('timestamp-root', timestampRoots.readLocal);
  const given = values['trusted-identity'];
  const revocation = values['check-revocation'];
  if (values['trusted-certificate'].length === 0) {
    const problem = 'is not set, and nothing else says whose signatures count';
    const remedy = `Set ${nameInput('trusted-certificate')} to the root certificate of the signers, or ${nameInput('trust-policy')} and ${nameInput('trust-store')} to the files of notation.`;
    add({ input: 'trusted-certificate', problem, code: 'INPUT_MISSING', remedy });
  }
  const nameless = {
    problem: `is not set, and "${nameInput('trusted-certificate')}" is of an authority, which issues certificates to others as well`,
    remedy: `Set ${nameInput('trusted-identity')} to the subject of the signer's certificate, such as C=US, ST=WA, O=Contoso, CN=release; or to * for everyone.`,
    code: 'INPUT_MISSING',
  } as const;
  if (!local || !localRoots) return undefined;
  if (given.length === 0 && !local.every(isOfSignerAlone)) {
    add({ input: 'trusted-identity', ...nameless });
    return undefined;
  }
  const identities = given.length === 0 ? ['*'] : given;
  parse('trusted-identity', () => {
    checkIdentities(identities);
  });
  return async (run) => {
    const found = await certificates.read(run);
    if (given.length === 0 && !found.every(isOfSignerAlone)) {
      const { code, problem, remedy } = nameless;
      throw new TrustError(code, `Input "${nameInput('trusted-identity')}" ${problem}.`, {
        remedy,
      });
    }
    return makeTrustPolicy({
      certificates: found,
      identities,
      scopes: ['*'],
      level: 'strict',
      ...(revocation !== 'enforce' && { revocation }),
      timestampRoots: await timestampRoots.read(run),
      // A signature without time stamp is as good as its certificates, and no longer.
      verifyTimestamp: 'afterCertExpiry',
    });
  };
}
