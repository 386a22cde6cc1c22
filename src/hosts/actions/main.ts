/** Entry of the action's main step. */
import { runOn } from '../run.js';
import { createActionsHost } from './host.js';

void runOn(createActionsHost(process.env));
