/**
 * From Docker Content Trust to Notary Project: what is signed, what becomes of each tag, and whether
 * content trust can go. Asks nobody by itself; registry, keys and policies are ports.
 */
export {
  settleImages,
  type ImagePorts,
  type Settled,
  type TagOutcome,
  type TagState,
} from './images.js';
export {
  takeExpiredInventory,
  takeInventory,
  type Inventory,
  type SignedTagFacts,
} from './inventory.js';
export { createProgress, type Progress } from './progress.js';
export { settleByListing, settleByLooking, settleBySigning, settleByVerifying } from './settle.js';
export { isInShard, parseShard, type Shard } from './shard.js';
export { isKept, judgeSwitchOff, type RepositoryOutcome, type SwitchOff } from './switch-off.js';
