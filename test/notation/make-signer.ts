/** A certificate with its chain that signs in memory, as one in Key Vault does. */
import { prepareSigningChain, type ChainSigner } from '../../src/notation/index.js';
import { signDigest, signatureAlgorithms } from '../azure-emulation/crypto/digest-signature.js';
import { makeChain, type LeafOptions } from './make-chain.js';

export async function makeSigner(now: Date, options: LeafOptions = {}): Promise<ChainSigner> {
  const { chain, key } = await makeChain(options);
  const [leaf = Buffer.of(), ...others] = chain;
  return {
    chain: prepareSigningChain('the test', leaf, others, now),
    sign: (name, digest) => {
      const algorithm = signatureAlgorithms[name];
      if (!algorithm) throw new Error(`no algorithm ${name}`);
      return Promise.resolve(signDigest(key, algorithm, Buffer.from(digest)));
    },
  };
}
