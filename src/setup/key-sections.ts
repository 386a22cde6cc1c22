/** The keys and certificates, and the trust data that they sign first. */
import { isInManagedHsm, tagsFor } from '../azure/index.js';
import { TrustError } from '../errors.js';
import { formatKeyReference } from '../signing/index.js';
import type { Seen, SetupKey, SetupRequest } from './request.js';
import { keysOf, vaultFlags } from './roles.js';
import {
  az,
  capture,
  contentOf,
  ifEmpty,
  noteUnseen,
  ours,
  requireOne,
  run,
  write,
  type Section,
  type Statement,
} from './script.js';

export function keySections(request: SetupRequest, seen: Seen): readonly Section[] {
  const { rootKey, repositories } = request;
  const guns = (key: SetupKey): readonly string[] =>
    repositories.flatMap((one) => (one.key === key || isSame(one.key, key) ? [one.gun] : []));
  const sections = keysOf(request).map((key) => keySection(key, guns(key), request, seen));
  return [...(rootKey ? [keySection(rootKey, undefined, request, seen)] : []), ...sections].flat();
}

const isSame = (one: SetupKey, other: SetupKey): boolean =>
  formatKeyReference(one) === formatKeyReference(other);

/** @param guns what the key signs; undefined for the root key. */
function keySection(
  key: SetupKey,
  guns: readonly string[] | undefined,
  request: SetupRequest,
  seen: Seen,
): readonly Section[] {
  const presence = seen.keys.get(formatKeyReference(key));
  if (presence === 'there') return [];
  const { name, kind } = key;
  const vault = vaultFlags(key);
  const noun = kind === 'vault-key' ? 'key' : 'certificate';
  const found = `${noun}_${name.replace(/\W/g, '_')}`;
  const isHard = request.hsm || isInManagedHsm(key);
  const made: readonly Statement[] =
    kind === 'vault-certificate'
      ? [
          write('policy.json', certificatePolicy(request)),
          run(
            az('keyvault certificate create', {
              ...vault,
              name,
              policy: contentOf('policy.json'),
              output: 'none',
            }),
          ),
        ]
      : [
          run(
            az(
              'keyvault key create',
              { ...vault, name, kty: isHard ? 'EC-HSM' : 'EC', curve: 'P-256', output: 'none' },
              '--ops',
              'sign',
              'verify',
              '--tags',
              ...tagsOf(guns),
            ),
          ),
        ];
  const collection = kind === 'vault-key' ? 'keys' : 'certificates';
  const id = kind === 'vault-key' ? 'kid' : 'id';
  return [
    {
      title:
        guns === undefined
          ? `The root key ${name}: needed to initialise and to rotate, never to sign images.`
          : `The ${noun} ${name}, which signs ${guns.join(', ')}.`,
      statements: [
        ...noteUnseen(presence),
        capture(
          found,
          az(`keyvault ${noun} list`, {
            ...vault,
            query: `[?ends_with(${id}, '/${collection}/${name}')].${id}`,
            output: 'tsv',
          }),
        ),
        ifEmpty(found, made),
      ],
    },
  ];
}

function tagsOf(guns: readonly string[] | undefined): readonly string[] {
  const gun = guns?.length === 1 ? guns[0] : undefined;
  const tags = tagsFor(guns === undefined ? { role: 'root' } : { role: 'targets', gun });
  return Object.entries(tags).map(([name, value]) => `${name}=${value}`);
}

/** One that every verifier accepts, and whose key stays when it is renewed: so does its ID in trust data. */
function certificatePolicy({ certificateSubject, hsm }: SetupRequest): string {
  if (certificateSubject === undefined) {
    throw new TrustError(
      'INPUT_MISSING',
      'A certificate is to be made, and its subject is not set.',
      {
        remedy:
          'Set certificate-subject, such as "C=US,ST=WA,O=Contoso,CN=release": verifiers name the signer by it.',
      },
    );
  }
  const policy = {
    issuerParameters: { name: 'Self' },
    keyProperties: {
      exportable: false,
      keyType: hsm ? 'EC-HSM' : 'EC',
      curve: 'P-256',
      reuseKey: true,
    },
    secretProperties: { contentType: 'application/x-pem-file' },
    x509CertificateProperties: {
      ekus: ['1.3.6.1.5.5.7.3.3'],
      keyUsage: ['digitalSignature'],
      subject: certificateSubject,
      validityInMonths: 12,
    },
  };
  return `${JSON.stringify(policy, undefined, 2)}\n`;
}

/** Trust data of repositories that have none. */
export function initSections(request: SetupRequest, seen: Seen): readonly Section[] {
  const { rootKey, registry, repositories } = request;
  if (rootKey === undefined) return [];
  return keysOf(request).flatMap((key): readonly Section[] => {
    const fresh = repositories.filter(
      ({ key: own, gun }) => isSame(own, key) && seen.roots.get(gun) === undefined,
    );
    if (fresh.length === 0) return [];
    return [
      {
        title: `Trust data of ${fresh.map(({ gun }) => gun).join(', ')}, and the ID of the root key to pin.`,
        statements: [
          ...(fresh.some(({ gun }) => seen.roots.has(gun)) ? noteUnseen('unseen') : []),
          {
            kind: 'capture output',
            variable: 'root_key_id',
            output: 'rootKeyId',
            command: ours('keys init', {
              registry,
              repository: fresh.map(({ repository }) => repository).join(','),
              'root-key': formatKeyReference(rootKey),
              'signing-key': formatKeyReference(key),
              json: true,
            }),
          },
          requireOne('root_key_id', 'The output of keys init has no ID of the root key.'),
        ],
      },
    ];
  });
}
