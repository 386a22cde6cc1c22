/** The product's version, as in package.json; `npm run check` holds them together. */
export const version = '1.0.0';
