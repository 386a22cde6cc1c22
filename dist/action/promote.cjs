process.env.INPUT_COMMAND = 'promote';
require('./index.cjs');
