/** Entry of the action's post step. */
import { createActionsHost } from './host.js';
import { rememberedForPost } from './post-state.js';
import { removeNoted } from '../remove-noted.js';
import { safeText } from '../safe-lines.js';

async function main(): Promise<void> {
  const { masks, printer } = createActionsHost(process.env);
  for (const problem of await removeNoted(rememberedForPost())) {
    printer.warning(safeText(problem, masks));
  }
}

void main();
