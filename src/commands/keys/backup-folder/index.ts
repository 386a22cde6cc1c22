/** Backup folders: shared by the commands that write and read them. */
export {
  fileNameFor,
  isOpenToOthers,
  lookAt,
  readBackup,
  sha256Of,
  writeBackup,
  type BackupFolder,
  type Place,
} from './folder.js';
export {
  invalidBackup,
  referenceOf,
  type BackupObject,
  type BackupVersion,
  type Manifest,
} from './manifest.js';
export { identify, identifyIfThere, type Identity } from './identities.js';
