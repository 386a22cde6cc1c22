/** The inputs of Notary Project signatures. Asks nobody; files are looked at with all other inputs. */
import { TrustError } from '../../errors.js';
import type { Input, Inputs } from '../../inputs/index.js';
import { metadataFlaw, tagPrefix } from '../../notation/index.js';
import {
  parseCertificateChain,
  parseKeyReference,
  type VaultCertificateReference,
} from '../../signing/index.js';
import type {
  NotaryProjectConfiguration,
  SignatureKinds,
  TimestampConfiguration,
} from '../../image-signing/index.js';
import { rootKey, rootKeyPassphrase, type signingKey } from './key-inputs.js';
import { trustPin } from './pins.js';
import { refuseInputs, type Read } from './read.js';
import { timestampRoot } from './signature-trust.js';
import { readTrustedCertificates } from './trusted-signers.js';

export const signatures = {
  type: 'choice',
  group: 'trust',
  label: 'Kinds of signatures',
  help: 'The kinds of signatures that are made, or that images need.',
  choices: {
    dct: 'Docker Content Trust (Notary v1): a tag points to a digest. Docker verifies it.',
    'notary-project':
      'Notary Project: a digest, with its tags as signed metadata. notation, Ratify and Kyverno verify it.',
    both: 'Both, with one certificate of Key Vault.',
    either: 'Where signatures are verified: one of them is enough.',
  },
  default: 'dct',
  example: 'both',
} as const satisfies Input;

/** What only Notary Project signatures have. */
export const notaryProjectOnly = {
  'certificate-chain': {
    type: 'text',
    group: 'trust',
    label: 'Certificate chain',
    help: 'The certificates above the one that signs, up to the root, in any order: PEM, the path of a file, or the URL of a Key Vault secret (PEM or PKCS#12). Without it the chain is read from the secret of the certificate in its vault; a self-signed certificate needs none. Notary Project only.',
    example: 'certs/chain.pem',
  },
  'signature-format': {
    type: 'choice',
    group: 'trust',
    label: 'Signature format',
    help: 'The envelope of Notary Project signatures. Verifiers take both.',
    choices: { cose: 'COSE: a quarter smaller.', jws: 'JWS, as JSON.' },
    default: 'cose',
    example: 'jws',
  },
  'signature-expiry': {
    type: 'text',
    group: 'trust',
    label: 'Expiry of the signature',
    help: 'How long after signing a Notary Project signature is accepted, in days or hours. Without it, for as long as its certificates are.',
    example: '90d',
  },
  'signed-metadata': {
    type: 'lines',
    form: 'label',
    group: 'trust',
    label: 'Signed metadata',
    help: 'Pairs `name=value` that a Notary Project signature is to hold, one a line. Verifiers can demand them. The tags are in there in any case, each as `tag:<tag>` with the repository as its value.',
    example: 'build=1.4.2-rc.1',
  },
  'timestamp-url': {
    type: 'text',
    group: 'trust',
    label: 'Time stamping authority',
    help: 'Address of a time stamping authority (RFC 3161), which says when a Notary Project signature was made. Needs `timestamp-root`. Verifiers accept such a signature after its certificate has expired.',
    example: 'http://timestamp.digicert.com',
  },
  'sign-platforms': {
    type: 'boolean',
    group: 'trust',
    label: 'Sign platforms',
    help: 'Signs the images of each platform as well, for verifiers that look at the image they run instead of the index. Notary Project only.',
    default: false,
    example: 'true',
  },
} as const satisfies Inputs;

/** All that are of no use to Docker Content Trust. */
export const notaryProjectSigning = {
  ...notaryProjectOnly,
  'timestamp-root': timestampRoot,
} as const satisfies Inputs;

export const notaryProjectInputs = {
  signatures,
  ...notaryProjectSigning,
} as const satisfies Inputs;

export const dctAlone: SignatureKinds = { isDct: true, notaryProject: undefined };

/** What only Docker Content Trust has. */
const dctOnly = {
  'root-key': rootKey,
  'root-key-passphrase': rootKeyPassphrase,
  'trust-pin': trustPin,
} as const satisfies Inputs;

type SignatureInputs = typeof notaryProjectInputs &
  typeof dctOnly & { readonly 'signing-key': typeof signingKey };

/** Reads which signatures are made, and how. */
export function readSignatureKinds(read: Read<SignatureInputs>): SignatureKinds {
  const { signatures: kinds } = read.values;
  if (kinds === 'either') {
    const problem = 'is "either", which is for verifying';
    read.conflict('signatures', problem, 'Set it to dct, notary-project or both.');
  }
  if (kinds === 'dct') {
    refuseInputs<typeof notaryProjectSigning>(
      notaryProjectSigning,
      read,
      `is set, and "${read.nameInput('signatures')}" is "dct"`,
      `Set ${read.nameInput('signatures')} to both or notary-project, or leave it out.`,
    );
    return dctAlone;
  }
  if (kinds === 'notary-project') {
    refuseInputs<typeof dctOnly>(
      dctOnly,
      read,
      `is set, and "${read.nameInput('signatures')}" is "notary-project"`,
      `Leave it out, or set ${read.nameInput('signatures')} to both.`,
    );
  }
  return { isDct: kinds === 'both', notaryProject: readNotaryProject(read) };
}

/** Reads how Notary Project signatures are made; undefined where that cannot be read, or no key is named. */
export function readNotaryProject(
  read: Read<typeof notaryProjectSigning & { readonly 'signing-key': typeof signingKey }>,
): NotaryProjectConfiguration | undefined {
  const { values, parse } = read;
  const text = values['signing-key'];
  const certificate =
    text === undefined ? undefined : parse('signing-key', () => parseCertificate(text));
  const chain = readChainInput(read);
  const expiry = values['signature-expiry'];
  const lifetimeMs =
    expiry === undefined ? undefined : parse('signature-expiry', () => parseLifetime(expiry));
  const metadata = parse('signed-metadata', () => parseMetadata(values['signed-metadata'])) ?? {};
  const format = values['signature-format'];
  const isWithPlatforms = values['sign-platforms'];
  const timestamp = readTimestamp(read);
  const how = { chain, format, lifetimeMs, metadata, isWithPlatforms, timestamp };
  return certificate && { certificate, ...how };
}

/** Both or neither: a time stamp is worth what its root is. */
function readTimestamp(
  read: Read<typeof notaryProjectSigning>,
): TimestampConfiguration | undefined {
  const { values, parse, add, nameInput } = read;
  const { 'timestamp-url': address, 'timestamp-root': roots } = values;
  const url = address === undefined ? undefined : parse('timestamp-url', () => parseUrl(address));
  const named = readTrustedCertificates('timestamp-root', 'tsa', read);
  if (address !== undefined && roots.length === 0) {
    const remedy = `Set ${nameInput('timestamp-root')} to the root certificate of the authority, in PEM. Authorities publish it on their pages.`;
    add({ input: 'timestamp-root', problem: 'is not set', code: 'INPUT_MISSING', remedy });
  }
  if (address === undefined && roots.length > 0) {
    const remedy = `Set ${nameInput('timestamp-url')} to the address of the authority, or leave out ${nameInput('timestamp-root')}.`;
    add({ input: 'timestamp-url', problem: 'is not set', code: 'INPUT_MISSING', remedy });
  }
  return url === undefined ? undefined : { url, roots: named };
}

/** @throws {TrustError} INPUT_INVALID */
function parseUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isHttp = url?.protocol === 'http:' || url?.protocol === 'https:';
  if (url && isHttp && url.username === '' && url.password === '') return url.href;
  throw new TrustError(
    'INPUT_INVALID',
    `the address of the authority ${isHttp ? 'has a user name or password' : 'is not an http or https URL'}`,
    {
      remedy:
        'Give the address that the authority publishes, such as http://timestamp.digicert.com.',
    },
  );
}

function parseCertificate(text: string): VaultCertificateReference {
  const reference = parseKeyReference(text);
  if (reference.kind === 'vault-certificate') return reference;
  throw new TrustError('KEY_REFERENCE_INVALID', 'Notary Project signs with a certificate', {
    remedy:
      'Give the certificate in Key Vault, such as https://contoso-keys.vault.azure.net/certificates/release. Its key signs both kinds.',
  });
}

function readChainInput(
  read: Read<typeof notaryProjectSigning>,
): NotaryProjectConfiguration['chain'] {
  const { values, parse, check, workingDirectory, nameInput } = read;
  const text = values['certificate-chain'];
  if (text === undefined) return undefined;
  const chain = parse('certificate-chain', () =>
    parseCertificateChain(text, workingDirectory, nameInput('certificate-chain')),
  );
  if (chain?.kind === 'file') check('certificate-chain', chain.read);
  return chain;
}

const unitMs = { d: 86_400_000, h: 3_600_000 } as const;

/** @throws {TrustError} INPUT_INVALID */
function parseLifetime(text: string): number {
  const [, count = '', unit = ''] = /^([1-9]\d{0,4})([dh])$/.exec(text) ?? [];
  if (count !== '') return Number(count) * unitMs[unit as keyof typeof unitMs];
  throw new TrustError('INPUT_INVALID', `${JSON.stringify(text)} is no time`, {
    remedy: 'Give days or hours, such as 90d or 24h.',
  });
}

/**
 * Pairs of signed metadata.
 * @param mayNameTags whether names may be those of tags, which a run that signs adds itself.
 * @throws {TrustError} INPUT_INVALID
 */
export function parseMetadata(
  lines: readonly string[],
  mayNameTags = false,
): Readonly<Record<string, string>> {
  const pairs = lines.map((line) => {
    const at = line.indexOf('=');
    return [line.slice(0, at), line.slice(at + 1)] as const;
  });
  const metadata = Object.fromEntries(pairs);
  const twice = pairs.find(
    ([name], index) => pairs.findIndex(([other]) => other === name) !== index,
  );
  const flaw =
    twice !== undefined ? `${JSON.stringify(twice[0])} is named twice` : metadataFlaw(metadata);
  const isTag = Object.keys(metadata).some((name) => name.startsWith(tagPrefix));
  if (flaw === undefined && (mayNameTags || !isTag)) return metadata;
  throw new TrustError(
    'INPUT_INVALID',
    flaw ?? `names that begin with ${tagPrefix} are for the tags of the run`,
    { remedy: 'Give each name once, such as build=1.4.2-rc.1.' },
  );
}
