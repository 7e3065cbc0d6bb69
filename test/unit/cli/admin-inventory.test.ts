import { expect, test } from '@jest/globals';
import { showEach } from '../../../src/cli/admin-inventory.ts';
import { Output } from '../../../src/cli/command-line/output.ts';

const found = (standing: string, place: string) => ({
  item: { standing, place, why: 'no record' } as never,
  what: `  ${place}`,
});
const away = async () => Promise.reject(new Error('away'));

async function shown(looks: Parameters<typeof showEach>[1], json = false) {
  let text = '';
  const told: string[] = [];
  const out = new Output(json, (more) => {
    text += more;
  });
  const good = await showEach({ out, flags: new Set<string>() }, looks, (who) => told.push(who));
  out.end();
  return { good, text, told };
}

test('what one of them cannot tell does not hide what the others did', async () => {
  const Ceph = async () => [found('stray', 'vms'), found('owned', 'volumes')];
  const nothing = async () => [];
  const first = await shown({ Ceph, OpenStack: away }, true);
  expect([first.good, first.told]).toEqual([false, ['OpenStack could not be looked at']]);
  expect(JSON.parse(first.text)).toMatchObject([{ standing: 'stray', place: 'vms' }]);
  const second = await shown({ Ceph: away, OpenStack: Ceph });
  expect(second).toEqual({
    ...{ good: false, told: ['Ceph could not be looked at'] },
    text: 'stray     vms  no record\n',
  });
  // Nobody can say that there is none.
  expect((await shown({ Ceph: nothing, OpenStack: away })).text).toBe('');
  expect(await shown({ Ceph: nothing, OpenStack: nothing })).toEqual({ good: true, told: [], text: 'none\n' });
});

test('a command that breaks off leaves whole JSON behind', () => {
  let text = '';
  const out = new Output(true, (more) => {
    text += more;
  });
  out.breakOff();
  expect(text).toBe('');
  out.row({ a: 1 }, '');
  out.breakOff();
  expect(JSON.parse(text)).toEqual([{ a: 1 }]);
});
