/** A service principal proves itself by secret or certificate, on every host. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ProductHost } from '../product.js';
import { createScenario } from '../scenario.js';
import { setUp } from '../set-up.js';
import { makePrincipalCertificate, type PrincipalCertificate } from './certificate.js';
import { expectSigns } from './signs.js';

const { stack, scenario } = await setUp();
let certificate: PrincipalCertificate;

beforeAll(async () => {
  certificate = makePrincipalCertificate('pass word & more');
  const { clientId } = scenario.signer;
  await stack.azure.addClientCertificate(clientId, certificate.certificate);
});

const hosts: readonly ProductHost[] = ['action', 'task', 'cli'];

describe('a service principal', () => {
  it.each(hosts)('signs in by its secret (%s)', async (host) => {
    const { output } = await expectSigns(scenario, { host, inputs: {} });
    expect(output).toContain(`as ${scenario.signer.clientId}`);
  });

  it.each(hosts)('signs in by a certificate in a PEM file (%s)', async (host) => {
    const file = path.join(stack.info.folder, `principal-${host}.pem`);
    await writeFile(file, certificate.plain, { mode: 0o600 });
    await expectSigns(scenario, {
      host,
      inputs: { 'client-secret': undefined, 'client-certificate': file },
    });
  });

  it.each(hosts)('signs in by an encrypted certificate given inline (%s)', async (host) => {
    const { encrypted, password } = certificate;
    const { output } = await expectSigns(scenario, {
      host,
      inputs: {
        'client-secret': undefined,
        'client-certificate': encrypted,
        'client-certificate-password': password,
      },
    });
    const unmasked = output
      .split('\n')
      .filter((line) => !/^(::add-mask::|##vso\[task\.setsecret\])/.test(line));
    expect(unmasked.join('\n')).not.toContain(password);
  });

  it('signs in by its secret in a tenant named by its domain', async () => {
    const { tenantId, domain } = await stack.azure.createTenant();
    const other = await createScenario(stack, { tenantId });
    await expectSigns(other, { host: 'cli', inputs: { 'tenant-id': domain } });
  });
});
