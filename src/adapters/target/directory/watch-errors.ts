/** Errors of the data are not the target's, whatever they look like: this tells them apart afterwards. */
export function watchErrors(data: AsyncIterable<Uint8Array>): {
  data: AsyncIterable<Uint8Array>;
  failed: () => boolean;
} {
  let failed = false;
  async function* watched() {
    try {
      yield* data;
    } catch (error) {
      failed = true;
      throw error;
    }
  }
  return { data: watched(), failed: () => failed };
}
