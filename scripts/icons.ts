/**
 * Draws the icons: a shipping container with a seal and a check mark. Run by hand when the drawing
 * changes (`npx tsx scripts/icons.ts`); the PNG files are committed.
 */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { crc32, deflateSync } from 'node:zlib';
import { root, taskFolder } from './generate.js';

type Colour = readonly [red: number, green: number, blue: number, alpha: number];

const container: Colour = [0x1f, 0x5f, 0xa8, 255];
const ridge: Colour = [0x17, 0x4a, 0x85, 255];
const seal: Colour = [0x2e, 0x9e, 0x5b, 255];
const check: Colour = [255, 255, 255, 255];
const nothing: Colour = [0, 0, 0, 0];

/** The colour at a point of the unit square. */
function colourAt(x: number, y: number): Colour {
  const fromSeal = Math.hypot(x - 0.68, y - 0.66);
  if (fromSeal < 0.27) {
    const stroke = Math.min(
      distanceToLine(x, y, [0.56, 0.67], [0.65, 0.76]),
      distanceToLine(x, y, [0.65, 0.76], [0.81, 0.57]),
    );
    return stroke < 0.035 ? check : seal;
  }
  if (fromSeal < 0.31) return nothing;
  if (x < 0.04 || x > 0.92 || y < 0.2 || y > 0.78) return nothing;
  const isFrame = x < 0.09 || x > 0.87 || y < 0.26 || y > 0.72;
  return !isFrame && Math.floor((x - 0.09) / 0.065) % 2 === 0 ? ridge : container;
}

type Point = readonly [x: number, y: number];

function distanceToLine(x: number, y: number, from: Point, to: Point): number {
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const along = ((x - from[0]) * dx + (y - from[1]) * dy) / (dx * dx + dy * dy);
  const t = Math.min(1, Math.max(0, along));
  return Math.hypot(x - from[0] - t * dx, y - from[1] - t * dy);
}

/** Points measured per pixel and direction, for smooth edges. */
const samples = 4;

function pixelAt(column: number, row: number, size: number): Colour {
  const sum = [0, 0, 0, 0] as [number, number, number, number];
  for (let i = 0; i < samples * samples; i += 1) {
    const x = (column + ((i % samples) + 0.5) / samples) / size;
    const y = (row + (Math.floor(i / samples) + 0.5) / samples) / size;
    const [red, green, blue, alpha] = colourAt(x, y);
    sum[0] += red * alpha;
    sum[1] += green * alpha;
    sum[2] += blue * alpha;
    sum[3] += alpha;
  }
  const part = (value: number): number => (sum[3] === 0 ? 0 : Math.round(value / sum[3]));
  return [part(sum[0]), part(sum[1]), part(sum[2]), Math.round(sum[3] / samples ** 2)];
}

/** A square RGBA image as PNG (RFC 2083). */
function png(size: number): Buffer {
  const rows: number[] = [];
  for (let row = 0; row < size; row += 1) {
    rows.push(0);
    for (let column = 0; column < size; column += 1) rows.push(...pixelAt(column, row, size));
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  header.set([8, 6, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.from(rows), { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}

async function main(): Promise<void> {
  await writeFile(path.join(root, taskFolder, 'icon.png'), png(32));
  await writeFile(path.join(root, 'images/extension-icon.png'), png(128));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
