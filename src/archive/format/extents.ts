/** A half-open range of a disk, in bytes, that a run covers. */
export interface Extent {
  start: number;
  end: number;
  /** True: the range reads as zeros; false: the run holds its data. */
  zero: boolean;
}

/** Appends an extent, which must not begin before the last one ends, and joins the two where they touch. */
export function pushExtent(extents: Extent[], start: number, end: number, zero: boolean): void {
  const last = extents.at(-1);
  if (last !== undefined && last.end === start && last.zero === zero) last.end = end;
  else extents.push({ start, end, zero });
}

export function sameExtents(left: readonly Extent[], right: readonly Extent[]): boolean {
  return (
    left.length === right.length &&
    left.every((one, at) => {
      const other = right[at]!;
      return one.start === other.start && one.end === other.end && one.zero === other.zero;
    })
  );
}
