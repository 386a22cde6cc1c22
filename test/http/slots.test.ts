import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { createSlots } from '../../src/http/slots.js';

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('slots', () => {
  it('let no more than their number under way, in the order of asking', async () => {
    const slots = createSlots(3);
    const begun: number[] = [];
    let most = 0;
    let now = 0;
    const work = async (index: number): Promise<void> => {
      const release = await slots();
      begun.push(index);
      most = Math.max(most, (now += 1));
      await settled();
      now -= 1;
      release();
    };
    const all = Array.from({ length: 20 }, (_, index) => index);
    await Promise.all(all.map(work));
    expect(most).toBe(3);
    expect(begun).toEqual(all);
  });

  it('are handed back once, however often that is said', async () => {
    const slots = createSlots(1);
    const release = await slots();
    release();
    release();
    await slots();
    let isThird = false;
    void slots().then(() => (isThird = true));
    await settled();
    expect(isThird).toBe(false);
  });

  it('are not lost to those who stop waiting for one', async () => {
    const slots = createSlots(1);
    const release = await slots();
    const stop = new AbortController();
    const [gone, next] = [slots(stop.signal), slots()];
    stop.abort(new Error('stopped'));
    await expect(gone).rejects.toThrow('stopped');
    release();
    (await next)();
    (await slots())();
  });

  it('are waited for by many on one signal without a warning, and leave no listener', async () => {
    const warnings: Error[] = [];
    const note = (warning: Error) => warnings.push(warning);
    process.on('warning', note);
    const slots = createSlots(1);
    const { signal } = new AbortController();
    const all = Array.from({ length: 20 }, async () => {
      (await slots(signal))();
    });
    await Promise.all(all);
    await settled();
    process.off('warning', note);
    expect(warnings).toEqual([]);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('are not taken by those who have stopped before', async () => {
    const slots = createSlots(1);
    await expect(slots(AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped');
    (await slots())();
  });
});
