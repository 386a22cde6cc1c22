/** The commands `signers list`, `signers add` and `signers remove`. */
export { addRepositorySigner } from './add.js';
export { listRepositorySigners } from './list.js';
export { removeRepositorySigner } from './remove.js';
