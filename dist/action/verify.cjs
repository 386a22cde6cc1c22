process.env.INPUT_COMMAND = 'verify';
require('./index.cjs');
