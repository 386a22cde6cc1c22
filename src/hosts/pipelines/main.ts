/** Entry of the task. */
import { runOn } from '../run.js';
import { createPipelinesHost } from './host.js';
import { dropTaskLibHandlers } from './quiet.js';

dropTaskLibHandlers();
void runOn(createPipelinesHost(process.env));
