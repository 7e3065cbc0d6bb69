import { DISK_KINDS, type DiskKind } from './points/disk.ts';

/** Compares by code units: the same on every machine, whatever its language. */
export function byText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/** `/dev/` or nothing, the prefix of the bus, the letters that count like digits, and a number. */
const DEVICE = /^(?:\/dev\/)?(xvd|ubd|vd|sd|hd|fd)([a-z]{1,3})(\d*)$/;

/** Nova's order: vda … vdz, vdaa. Other names come after these. */
export function byDevice(a: string | null, b: string | null): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  const [one, other] = [a, b].map((name) => DEVICE.exec(name));
  if (!one || !other) return Number(!one) - Number(!other) || byText(a, b);
  const [, busA = '', lettersA = '', numberA = ''] = one;
  const [, busB = '', lettersB = '', numberB = ''] = other;
  return (
    byText(busA, busB) ||
    lettersA.length - lettersB.length ||
    byText(lettersA, lettersB) ||
    Number(numberA) - Number(numberB) ||
    byText(a, b)
  );
}

/** The disks of a server: the one from which it boots first, then its volumes in the guest's order. */
export function inDeviceOrder(
  a: { id: string; kind: DiskKind; device: string | null },
  b: { id: string; kind: DiskKind; device: string | null },
): number {
  if (a.kind !== b.kind) return DISK_KINDS.indexOf(a.kind) - DISK_KINDS.indexOf(b.kind);
  return byDevice(a.device, b.device) || byText(a.id, b.id);
}
