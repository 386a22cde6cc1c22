/** Values for Connaisseur's Helm chart: a validator, and which images it is for. */
import { formatPem } from '../../signing/index.js';
import { lacksNames } from './kyverno.js';
import type { PolicyFiles, PolicyFormat } from './types.js';
import { formatYaml } from './yaml.js';

export const connaisseurFormat: PolicyFormat = {
  lacks: (trusted) =>
    lacksNames(trusted) ??
    (trusted.timestampRoots.length > 1 ? 'it takes one root of time stamps' : undefined),
  write: ({ images, certificates, timestampRoots: [timestampRoot] }) => {
    const validator = 'notary-project';
    const trustRoots = certificates.map(({ der, thumbprint }) => ({
      name: thumbprint.slice(0, 12),
      cert: formatPem('CERTIFICATE', der),
      ...(timestampRoot && { tsCert: formatPem('CERTIFICATE', timestampRoot.der) }),
    }));
    const rules = images.map((image) => ({
      pattern: patternOf(image),
      validator,
      // Any of them suffices.
      with: {
        trustRoot: '*',
        verificationLevel: 'strict',
        ...(timestampRoot && { verifyTimestamp: 'afterCertExpiry' }),
      },
    }));
    const comment = ['Connaisseur: values for Helm. Notary Project signatures.', ...valuesNote];
    const values = valuesOf([{ name: validator, type: 'notation', trustRoots }], rules);
    return new Map([['connaisseur.yaml', formatYaml(comment, values)]]);
  },
};

/** A repository that is signed for Docker Content Trust. */
export interface ContentTrustInCluster {
  /** Registry and repository. */
  readonly gun: string;
  /** Origin of the trust server. */
  readonly trustServer: string;
  /** Whether that is a registry of Azure, which has no address that says it is well. */
  readonly isAzure: boolean;
  /** Public root keys in PEM, by their canonical IDs: those that have signed the root. */
  readonly rootKeys: ReadonlyMap<string, string>;
  /** Signers that must all have signed; none for whoever may sign. */
  readonly signers: readonly string[];
}

/** A validator for each trust server, and the root keys besides, as `trust-pin` takes them. */
export function connaisseurContentTrust(
  repositories: readonly ContentTrustInCluster[],
): PolicyFiles {
  const servers = [...new Set(repositories.map(({ trustServer }) => trustServer))];
  const nameOf = (server: string): string => `dct-${servers.indexOf(server) + 1}`;
  const validators = servers.map((host) => {
    const own = repositories.filter(({ trustServer }) => trustServer === host);
    const keys = new Map(own.flatMap(({ rootKeys }) => [...rootKeys]));
    return {
      name: nameOf(host),
      type: 'notaryv1',
      host,
      ...(own.some(({ isAzure }) => isAzure) && { isAcr: true }),
      trustRoots: [...keys].map(([keyId, key]) => ({ name: keyId.slice(0, 12), key })),
    };
  });
  const rules = repositories.map(({ gun, trustServer, rootKeys: [first], signers }) => ({
    pattern: patternOf(gun),
    validator: nameOf(trustServer),
    with: {
      trustRoot: first?.[0].slice(0, 12),
      ...(signers.length > 0 && { delegations: signers }),
    },
  }));
  const comment = ['Connaisseur: values for Helm. Docker Content Trust.', ...valuesNote];
  const keys = repositories.flatMap(({ rootKeys }) => [...rootKeys]);
  return new Map([
    ['connaisseur-dct.yaml', formatYaml(comment, valuesOf(validators, rules))],
    ...keys.map(([keyId, pem]) => [`root-keys/${keyId}.pem`, pem] as const),
  ]);
}

const valuesNote = [
  'Add the validators and rules to those that the chart has: Helm replaces lists.',
  'A private registry needs `auth` in each validator.',
];

function valuesOf(validators: readonly object[], policy: readonly object[]): object {
  return { application: { validators, policy } };
}

function patternOf(image: string): string {
  return `${image}:*`;
}
