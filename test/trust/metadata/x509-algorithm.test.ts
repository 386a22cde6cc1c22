/**
 * By which algorithms one certificate vouches for another: as Go's crypto/x509 has it, the library of
 * Docker, Notary and notation. The chains were made with OpenSSL, which accepts all of them.
 */
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readChain, requireSigningChain } from '../../../src/notation/certificates/index.js';
import { RuleError } from '../../../src/notation/rule-error.js';
import { certificateFactsOf } from '../../../src/trust/metadata/index.js';
import { chainsTo } from '../../../src/trust/verification/certificate-path.js';
import recorded from '../../fixtures/x509/algorithms.json' with { type: 'json' };
import { askGoProgram, buildGoProgram } from '../../judges/go-program.js';

const { at, chains } = recorded;
const bytes = (base64: string): Buffer => Buffer.from(base64, 'base64');

describe('a certificate that its issuer signed by', () => {
  it.each(chains)('$name is $go in a chain to a pinned authority', ({ leaf, authority, go }) => {
    const [below, above] = [leaf, authority].map((der) => certificateFactsOf(bytes(der)));
    if (!below || !above) throw new TypeError('no certificate');
    expect(chainsTo([above], [below], new Date(at)) ? 'accepted' : 'refused').toBe(go);
  });

  // Of a chain in an envelope the root counts as well.
  const inEnvelopes = chains.filter(({ name }) => !name.startsWith('an authority'));
  it.each(inEnvelopes)('$name is $go in the chain of a signature', ({ leaf, authority, go }) => {
    const judge = (): void => {
      requireSigningChain(readChain([bytes(leaf), bytes(authority)]));
    };
    if (go === 'accepted') expect(judge).not.toThrow();
    else expect(judge).toThrow(RuleError);
  });
});

describe('the verdicts of Go', () => {
  let verdicts: readonly string[] | undefined;
  beforeAll(async () => {
    const program = await buildGoProgram(path.resolve(import.meta.dirname, '../../judges/x509'));
    if (program.kind === 'unavailable') return;
    const input = chains.map(({ leaf, authority }) => ({
      leaf,
      intermediates: [],
      anchors: [authority],
      at,
    }));
    verdicts = (await askGoProgram(program.path, input)) as readonly string[];
  }, 300_000);

  it('are these, where it is installed', ({ skip }) => {
    if (verdicts === undefined) return skip('Go is not installed');
    const said = verdicts.map((error) => (error === '' ? 'accepted' : 'refused'));
    expect(said).toEqual(chains.map(({ go }) => go));
  });
});
