/** What is read of a certificate is what the ASN.1 library reads, in whole ones and in damaged ones. */
import { AsnConvert } from '@peculiar/asn1-schema';
import { BasicConstraints, Certificate, id_ce_basicConstraints } from '@peculiar/asn1-x509';
import { describe, expect, it } from 'vitest';
import { certificateFactsOf } from '../../../src/trust/metadata/index.js';
import { gun } from '../repository-builder.js';
import { ecdsaKey, makeCertificate, rsaKey } from '../test-keys.js';

const key = ecdsaKey();
const certificates = {
  leaf: makeCertificate(key, { commonName: gun }),
  authority: makeCertificate(key, { commonName: 'CA', isCa: true, pathLength: 3 }),
};

/** The facts of which all others are made, by the library. */
function factsOf(der: Buffer) {
  const { tbsCertificate, signatureAlgorithm } = AsnConvert.parse(der, Certificate);
  const { subject, validity } = tbsCertificate;
  const extensions = tbsCertificate.extensions ? [...tbsCertificate.extensions] : [];
  const found = extensions.find(({ extnID }) => extnID === id_ce_basicConstraints);
  const constraints = found && AsnConvert.parse(found.extnValue, BasicConstraints);
  return {
    subject: [...subject]
      .flatMap((set) => [...set])
      .map(({ type, value }) => ({ id: type, text: value.toString() })),
    extensions: extensions.map(({ extnID, critical, extnValue }) => ({
      id: extnID,
      isCritical: critical,
      value: Buffer.from(extnValue.buffer),
    })),
    isCa: constraints?.cA ?? false,
    pathLength: constraints?.pathLenConstraint,
    isWeaklySigned: ['1.2.840.113549.1.1.4', '1.2.840.113549.1.1.5', '1.2.840.10045.4.1'].includes(
      signatureAlgorithm.algorithm,
    ),
    notBefore: validity.notBefore.getTime(),
    notAfter: validity.notAfter.getTime(),
  };
}

function attempt(der: Buffer): object | undefined {
  try {
    return factsOf(der);
  } catch {
    return undefined;
  }
}

describe.each(Object.entries(certificates))('a certificate, %s', (_, der) => {
  it('is read as the library reads it', () => {
    expect(certificateFactsOf(der)).toMatchObject(factsOf(der));
  });

  it('is read so, or refused, whichever of its bytes are others', () => {
    // A text that is none in the library's eyes is another name here.
    const whole = { ...factsOf(der), subject: expect.any(Array) as unknown };
    let read = 0;
    for (let at = 0; at < der.length; at += 1) {
      for (const bits of [0x01, 0x20]) {
        const damaged = Buffer.from(der);
        damaged[at] = (der[at] ?? 0) ^ bits;
        let facts;
        try {
          facts = certificateFactsOf(damaged);
        } catch {
          continue;
        }
        read += 1;
        // What the library refuses and we do not is in what nothing here depends on.
        expect(facts, `byte ${at}, ${bits}`).toMatchObject(attempt(damaged) ?? whole);
      }
    }
    expect(read).toBeGreaterThan(50);
  });

  it('is refused with bytes after its end', () => {
    expect(() => certificateFactsOf(Buffer.concat([der, Buffer.alloc(1)]))).toThrow(
      'the certificate cannot be read',
    );
  });
});

it('a certificate of an RSA key is read as the library reads it', () => {
  const der = makeCertificate(rsaKey(), { commonName: gun, hash: 'sha1' });
  expect(certificateFactsOf(der)).toMatchObject(factsOf(der));
});
