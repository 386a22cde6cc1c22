/** `npm run release-notes -- v1.2.3`: prints what changes with the release, if the tag fits. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { notesOf } from './changelog.js';
import { packageVersion, root } from './generate.js';

const changelog = await readFile(path.join(root, 'CHANGELOG.md'), 'utf8');
try {
  console.log(notesOf(process.argv[2] ?? '', await packageVersion(), changelog));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
