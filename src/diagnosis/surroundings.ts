/** Checks of the machine: Node.js, further certificate authorities, proxies. */
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { readProxies } from '../http/index.js';
import type { Clock } from '../ports.js';
import { pass, warn, type Check, type Observation } from './check.js';

/** The machine, as far as these checks look. */
export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Of Node.js, such as `24.4.0`. */
  readonly nodeVersion: string;
  readonly clock: Clock;
  /** The hosts that the run talks to. */
  readonly hosts: readonly string[];
}

/** What the machine is checked for. */
export function surroundingsChecks(surroundings: Surroundings): readonly Check[] {
  const area = 'surroundings';
  return [
    { area, check: 'Node.js', look: () => Promise.resolve(lookAtNode(surroundings)) },
    { area, check: 'certificate authorities', look: () => lookAtAuthorities(surroundings) },
    { area, check: 'proxy', look: () => Promise.resolve(lookAtProxies(surroundings)) },
  ];
}

/** Releases of Node.js, and when their support ends. */
const supportEnds: Readonly<Record<number, string>> = {
  20: '2026-04-30',
  22: '2027-04-30',
  24: '2028-04-30',
};

function lookAtNode({ nodeVersion, clock }: Surroundings): Observation {
  const major = Number(nodeVersion.split('.')[0]);
  const end = supportEnds[major];
  if (end === undefined || clock().toISOString().slice(0, 10) <= end) {
    return pass(`Node.js ${nodeVersion}`);
  }
  return warn(
    `Node.js ${nodeVersion}: its support ended on ${end}`,
    'Azure Pipelines: update the agent to 4.265.1 or newer, which has Node.js 24.\nCommand line: install Node.js 24.',
  );
}

async function lookAtAuthorities({ environment, clock }: Surroundings): Promise<Observation> {
  const file = environment.NODE_EXTRA_CA_CERTS;
  if (!file) {
    const others = ['SSL_CERT_FILE', 'SSL_CERT_DIR'].filter((name) => environment[name]);
    if (others.length === 0) return pass('those of Node.js; NODE_EXTRA_CA_CERTS is not set');
    return warn(
      `${others.join(' and ')} set, which Node.js does not read; NODE_EXTRA_CA_CERTS is not set`,
      'If a proxy or a registry has a certificate of a private authority, set NODE_EXTRA_CA_CERTS to the path of its certificate in PEM before this program starts.',
    );
  }
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch {
    return warn(
      `NODE_EXTRA_CA_CERTS names ${file}, which cannot be read, so Node.js ignores it`,
      'Correct NODE_EXTRA_CA_CERTS, or unset it.',
    );
  }
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  const certificates = blocks.flatMap(readCertificate);
  if (certificates.length === 0 || certificates.length < blocks.length) {
    return warn(
      `${certificates.length} of ${blocks.length} certificates in ${file} (NODE_EXTRA_CA_CERTS) can be read`,
      'Put the certificates of the authorities into the file, in PEM.',
    );
  }
  const now = clock();
  const expired = certificates.filter(({ validTo }) => new Date(validTo) < now);
  const names = (some: readonly X509Certificate[]): string =>
    some.map(({ subject }) => JSON.stringify(subject.replaceAll('\n', ', '))).join(', ');
  return expired.length > 0
    ? warn(
        `${file} (NODE_EXTRA_CA_CERTS) has expired certificates: ${names(expired)}`,
        'Replace them with the current certificates of the authority.',
      )
    : pass(`those of Node.js and ${certificates.length} of ${file} (NODE_EXTRA_CA_CERTS)`, {
        facts: { authorities: certificates.slice(0, 10).map(({ subject }) => subject) },
      });
}

function readCertificate(pem: string): readonly X509Certificate[] {
  try {
    return [new X509Certificate(pem)];
  } catch {
    return [];
  }
}

function lookAtProxies({ environment, hosts }: Surroundings): Observation {
  const proxyFor = readProxies(environment);
  const ways = hosts.map((host) => ({ host, proxy: proxyFor(new URL(`https://${host}/`))?.label }));
  const through = ways.filter(({ proxy }) => proxy !== undefined);
  if (through.length === 0) return pass('none', { facts: { hosts: ways } });
  const direct = ways.filter(({ proxy }) => proxy === undefined).map(({ host }) => host);
  const rest = direct.length === 0 ? '' : `; without it (NO_PROXY): ${direct.join(', ')}`;
  return pass(
    `${through[0]?.proxy ?? ''}, for ${through.map(({ host }) => host).join(', ')}${rest}`,
    { facts: { hosts: ways } },
  );
}
