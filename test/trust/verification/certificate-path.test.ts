/** Chains to a pinned authority, judged as Go's crypto/x509 and OpenSSL judge them. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { AsnConvert } from '@peculiar/asn1-schema';
import {
  Certificate,
  ExtendedKeyUsage,
  GeneralName,
  GeneralSubtree,
  GeneralSubtrees,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_ce_nameConstraints,
  id_ce_subjectAltName,
  id_kp_codeSigning,
  id_kp_emailProtection,
  id_kp_serverAuth,
  KeyUsage,
  KeyUsageFlags,
  NameConstraints,
  SubjectAlternativeName,
  type Extension,
} from '@peculiar/asn1-x509';
import { beforeAll, describe, expect, it } from 'vitest';
import { certificateFactsOf } from '../../../src/trust/metadata/index.js';
import { chainsTo } from '../../../src/trust/verification/certificate-path.js';
import { askGoProgram, buildGoProgram } from '../../judges/go-program.js';
import { isInstalled } from '../../judges/required.js';
import { processorSeconds } from '../../processor-time.js';
import { gun, inDays, now } from '../repository-builder.js';
import { ecdsaKey, extension, makeCertificate, type CertificateOptions } from '../test-keys.js';

const [leafKey, middleKey, lowKey, caKey] = [ecdsaKey(), ecdsaKey(), ecdsaKey(), ecdsaKey()];
type Options = Partial<CertificateOptions>;

/** Names: the leaf is the repository; CA -> Middle -> leaf, or CA -> Middle -> Low -> leaf. */
interface Parts {
  readonly ca?: Options;
  readonly middle?: Options;
  readonly leaf?: Options;
  /** A second intermediate. */
  readonly low?: Options;
}

interface Chain {
  readonly leaf: Buffer;
  readonly intermediates: readonly Buffer[];
  readonly anchors: readonly Buffer[];
}

function chain({ ca, middle, leaf, low }: Parts): Chain {
  const [above, aboveName] = low ? [lowKey, 'Low'] : [middleKey, 'Middle'];
  const issuer = { key: above, commonName: aboveName };
  const byMiddle = { key: middleKey, commonName: 'Middle' };
  const byCa = { key: caKey, commonName: 'CA' };
  return {
    leaf: makeCertificate(leafKey, { commonName: gun, issuer, ...leaf }),
    intermediates: [
      ...(low
        ? [makeCertificate(lowKey, { commonName: 'Low', isCa: true, issuer: byMiddle, ...low })]
        : []),
      makeCertificate(middleKey, { commonName: 'Middle', isCa: true, issuer: byCa, ...middle }),
    ],
    anchors: [makeCertificate(caKey, { commonName: 'CA', isCa: true, ...ca })],
  };
}

const withExtensions = (...extensions: readonly Extension[]): Options => ({ extensions });
const purpose = (...ids: readonly string[]) =>
  withExtensions(extension(id_ce_extKeyUsage, false, new ExtendedKeyUsage([...ids])));
const usage = (flags: number) =>
  withExtensions(extension(id_ce_keyUsage, true, new KeyUsage(flags)));
const subtrees = (names: readonly Partial<GeneralName>[]) =>
  new GeneralSubtrees(names.map((name) => new GeneralSubtree({ base: new GeneralName(name) })));
const limited = (
  permitted: readonly Partial<GeneralName>[],
  excluded: readonly Partial<GeneralName>[] = [],
  critical = true,
) =>
  withExtensions(
    extension(
      id_ce_nameConstraints,
      critical,
      new NameConstraints({
        ...(permitted.length > 0 && { permittedSubtrees: subtrees(permitted) }),
        ...(excluded.length > 0 && { excludedSubtrees: subtrees(excluded) }),
      }),
    ),
  );
const named = (...names: readonly Partial<GeneralName>[]) =>
  withExtensions(
    extension(
      id_ce_subjectAltName,
      false,
      new SubjectAlternativeName(names.map((name) => new GeneralName(name))),
    ),
  );
const unknown = (critical: boolean) =>
  withExtensions(extension('1.2.3.4.5', critical, Uint8Array.from([5, 0]).buffer));
const noPath = { pathLength: 0 };
const host = { dNSName: 'app.contoso.com' };

type Verdict = 'accepted' | 'refused';
/** OpenSSL before 3.2 knows no purpose of code signing, and cannot be asked for it. */
type OpenSslVerdict = Verdict | 'not asked';
/** What is special, and the recorded verdicts of Go and of OpenSSL. */
const cases: readonly (readonly [string, Parts, Verdict, OpenSslVerdict])[] = [
  ['nothing special', {}, 'accepted', 'accepted'],
  ['two intermediates', { low: {} }, 'accepted', 'accepted'],
  ['an unknown extension', { middle: unknown(false) }, 'accepted', 'accepted'],
  ['an unknown critical extension of the leaf', { leaf: unknown(true) }, 'refused', 'refused'],
  ['an unknown critical extension of an issuer', { middle: unknown(true) }, 'refused', 'refused'],
  ['an unknown critical extension of the authority', { ca: unknown(true) }, 'refused', 'refused'],
  ['a path length that suffices', { ca: { pathLength: 1 } }, 'accepted', 'accepted'],
  ['a path length of the authority', { ca: noPath }, 'refused', 'refused'],
  ['a path length of an issuer', { middle: noPath, low: {} }, 'refused', 'refused'],
  ['a path length of the last issuer', { middle: noPath }, 'accepted', 'accepted'],
  ['an issuer that is no CA', { middle: { isCa: false } }, 'refused', 'refused'],
  [
    'an issuer for certificates',
    { middle: usage(KeyUsageFlags.keyCertSign) },
    'accepted',
    'accepted',
  ],
  [
    'an issuer not for certificates',
    { middle: usage(KeyUsageFlags.cRLSign) },
    'refused',
    'refused',
  ],
  ['an issuer that has expired', { middle: { notAfter: inDays(-1) } }, 'refused', 'refused'],
  ['an issuer that begins later', { middle: { notBefore: inDays(1) } }, 'refused', 'refused'],
  ['an authority that has expired', { ca: { notAfter: inDays(-1) } }, 'refused', 'refused'],
  ['an issuer for code signing', { middle: purpose(id_kp_codeSigning) }, 'accepted', 'not asked'],
  ['an issuer for any purpose', { middle: purpose('2.5.29.37.0') }, 'accepted', 'not asked'],
  ['an issuer for e-mail only', { middle: purpose(id_kp_emailProtection) }, 'refused', 'refused'],
  ['an authority for e-mail only', { ca: purpose(id_kp_emailProtection) }, 'refused', 'refused'],
  ['a leaf for e-mail only', { leaf: purpose(id_kp_emailProtection) }, 'refused', 'refused'],
  [
    'a leaf for code signing below an issuer for servers',
    { middle: purpose(id_kp_serverAuth), leaf: purpose(id_kp_codeSigning) },
    'refused',
    'refused',
  ],
  [
    'a permitted host',
    { ca: limited([{ dNSName: 'contoso.com' }]), leaf: named(host) },
    'accepted',
    'accepted',
  ],
  [
    'a host not permitted',
    { ca: limited([{ dNSName: 'fabrikam.com' }]), leaf: named(host) },
    'refused',
    'refused',
  ],
  [
    'an excluded host',
    { ca: limited([], [{ dNSName: 'contoso.com' }]), leaf: named(host) },
    'refused',
    'refused',
  ],
  [
    'an excluded host, not critical',
    { middle: limited([], [host], false), leaf: named(host) },
    'refused',
    'refused',
  ],
  [
    'constraints on hosts, and a leaf without',
    { ca: limited([{ dNSName: 'fabrikam.com' }]) },
    'accepted',
    'accepted',
  ],
  [
    'an e-mail address not permitted',
    { ca: limited([{ rfc822Name: 'fabrikam.com' }]), leaf: named({ rfc822Name: 'a@contoso.com' }) },
    'refused',
    'refused',
  ],
  [
    'a permitted e-mail address',
    { ca: limited([{ rfc822Name: 'contoso.com' }]), leaf: named({ rfc822Name: 'a@contoso.com' }) },
    'accepted',
    'accepted',
  ],
  [
    'a forged issuer',
    { middle: { issuer: { key: lowKey, commonName: 'CA' } } },
    'refused',
    'refused',
  ],
];

const judged = ({ leaf, intermediates, anchors }: Chain): Verdict => {
  const [own, ...others] = [leaf, ...intermediates].map(certificateFactsOf);
  if (own === undefined) throw new TypeError('no leaf');
  return chainsTo(anchors.map(certificateFactsOf), [own, ...others], now) ? 'accepted' : 'refused';
};

const chains = cases.map(([, parts]) => chain(parts));

describe('a chain with', () => {
  it.each(cases.map(([name, , go, openssl], index) => [name, index, go, openssl] as const))(
    '%s pleases us as it pleases Go and OpenSSL',
    (_name, index, go, openssl) => {
      const expected = go === 'accepted' && openssl !== 'refused' ? 'accepted' : 'refused';
      expect(judged(chains[index] ?? chain({}))).toBe(expected);
    },
  );

  it('constraints on directory names is refused, as Go does not read them', () => {
    const name = AsnConvert.parse(chain({}).leaf, Certificate).tbsCertificate.subject;
    expect(judged(chain({ ca: limited([], [{ directoryName: name }]) }))).toBe('refused');
    expect(judged(chain({ ca: limited([{ directoryName: name }]) }))).toBe('refused');
  });
});

describe('name constraints', () => {
  const dns = (dNSName: string) => ({ dNSName });
  const mail = (rfc822Name: string) => ({ rfc822Name });
  // Versions of Go do not agree on all of these; the strictest counts.
  it.each([
    ['excludes a host that a wildcard covers', [], [host], [dns('*.contoso.com')], false],
    ['excludes no host below it', [], [dns('a.app.contoso.com')], [dns('*.contoso.com')], true],
    ['permits a wildcard below it', [dns('contoso.com')], [], [dns('*.contoso.com')], true],
    [
      'permits no host with a dot at its end',
      [dns('contoso.com')],
      [],
      [dns('a.contoso.com.')],
      false,
    ],
    [
      'permits no host with an empty part',
      [dns('contoso.com')],
      [],
      [dns('a..contoso.com')],
      false,
    ],
    ['permits no host with a blank', [dns('contoso.com')], [], [dns(' .contoso.com')], false],
    [
      'tells mailboxes of other case apart',
      [mail('a@contoso.com')],
      [],
      [mail('A@contoso.com')],
      false,
    ],
    [
      'takes hosts of mailboxes in any case',
      [mail('a@contoso.com')],
      [],
      [mail('a@CONTOSO.com')],
      true,
    ],
    [
      'permits no address with two hosts',
      [mail('contoso.com')],
      [],
      [mail('a@b.c@contoso.com')],
      false,
    ],
    [
      'permits no address without a mailbox',
      [mail('contoso.com')],
      [],
      [mail('contoso.com')],
      false,
    ],
    ['leaves names of other kinds alone', [dns('contoso.com')], [], [mail('a@b@c')], true],
  ] as const)('%s', (_name, permitted, excluded, names, isAllowed) => {
    const judgement = judged(chain({ ca: limited(permitted, excluded), leaf: named(...names) }));
    expect(judgement).toBe(isAllowed ? 'accepted' : 'refused');
  });
});

describe('the root certificate itself', () => {
  it('is an anchor when it is in the file', () => {
    const { leaf } = chain({});
    expect(judged({ leaf, intermediates: [], anchors: [leaf] })).toBe('accepted');
    const other = makeCertificate(leafKey, { commonName: gun });
    expect(judged({ leaf, intermediates: [], anchors: [other] })).toBe('refused');
  });
});

describe('a chain of many intermediates that issued each other', () => {
  it('is given up soon', () => {
    const issuer = { key: middleKey, commonName: 'Middle' };
    const loop = Array.from({ length: 15 }, () =>
      makeCertificate(middleKey, { commonName: 'Middle', isCa: true, issuer }),
    );
    const leaf = makeCertificate(leafKey, { commonName: gun, issuer });
    const anchors = [makeCertificate(caKey, { commonName: 'CA', isCa: true })];
    const seconds = processorSeconds(() => {
      expect(judged({ leaf, intermediates: loop, anchors })).toBe('refused');
    });
    expect(seconds).toBeLessThan(10);
  });
});

describe('the verdicts of others', () => {
  let go: readonly string[] | undefined;
  beforeAll(async () => {
    const program = await buildGoProgram(path.resolve(import.meta.dirname, '../../judges/x509'));
    if (program.kind === 'unavailable') return;
    const encode = (der: Buffer) => der.toString('base64');
    const input = chains.map(({ leaf, intermediates, anchors }) => ({
      leaf: encode(leaf),
      intermediates: intermediates.map(encode),
      anchors: anchors.map(encode),
      at: now.toISOString(),
    }));
    go = (await askGoProgram(program.path, input)) as readonly string[];
  });

  it('are those of Go, where it is installed', ({ skip }) => {
    if (go === undefined) return skip('Go is not installed');
    const said = go.map((error, index) => [
      cases[index]?.[0],
      error === '' ? 'accepted' : 'refused',
    ]);
    expect(said).toEqual(cases.map(([name, , verdict]) => [name, verdict]));
  });

  it.runIf(isInstalled('openssl', 'version'))(
    'are those of OpenSSL, where it is installed',
    async () => {
      const run = promisify(execFile);
      const folder = await mkdtemp(path.join(tmpdir(), 'openssl-verify-'));
      try {
        const said = await Promise.all(
          chains.map(async ({ leaf, intermediates, anchors }, index) => {
            const file = async (name: string, ders: readonly Buffer[]): Promise<string> => {
              const target = path.join(folder, `${index}-${name}.pem`);
              await writeFile(target, ders.map(pemOf).join(''));
              return target;
            };
            const files = [
              await file('anchors', anchors),
              await file('intermediates', intermediates),
              await file('leaf', [leaf]),
            ] as const;
            const verdict = await run('openssl', [
              'verify',
              ...['-attime', String(Math.floor(now.getTime() / 1000)), '-purpose', 'sslserver'],
              ...['-CAfile', files[0], '-untrusted', files[1], files[2]],
            ]).then(
              () => 'accepted',
              () => 'refused',
            );
            return [cases[index]?.[0], verdict] as const;
          }),
        );
        const asked = cases.filter(([, , , verdict]) => verdict !== 'not asked');
        const names = asked.map(([name]) => name);
        expect(said.filter(([name]) => names.includes(name ?? ''))).toEqual(
          asked.map(([name, , , verdict]) => [name, verdict]),
        );
      } finally {
        await rm(folder, { recursive: true });
      }
    },
  );
});

function pemOf(der: Buffer): string {
  return `-----BEGIN CERTIFICATE-----\n${der.toString('base64')}\n-----END CERTIFICATE-----\n`;
}
