import { guest } from './lab.ts';

/** The guest knows a volume by the first 20 characters of its id. */
export async function mountVolume(serverId: string, volumeId: string, where: string, fresh: boolean): Promise<void> {
  const serial = volumeId.slice(0, 20);
  await guest(
    serverId,
    `for i in $(seq 60); do d=$(grep -l '^${serial}' /sys/block/vd*/serial 2>/dev/null | head -n 1 | cut -d/ -f4); [ -n "$d" ] && break; sleep 0.2; done
     [ -n "$d" ] || { echo "no disk ${serial}"; exit 1; }
     ${fresh ? '/sbin/mke2fs -q -t ext4 -E lazy_itable_init=0,nodiscard /dev/$d </dev/null;' : ''}
     mkdir -p ${where}; mount -t ext4 /dev/$d ${where}`,
  );
}

export const writeRandom = (serverId: string, path: string, mebibytes: number): Promise<string> =>
  guest(serverId, `dd if=/dev/urandom of=${path} bs=1M count=${mebibytes} 2>/dev/null; sync; sha256sum ${path}`);

/** Lines of `sha256sum`, sorted; files that are not there are not named. */
export async function hashes(serverId: string, paths: readonly string[]): Promise<string[]> {
  const lines = await guest(serverId, `for f in ${paths.join(' ')}; do [ -e $f ] && sha256sum $f; done; true`);
  return lines.split('\n').filter(Boolean).sort();
}

/** Writes to all these places for as long as the server runs: what a busy server looks like to a backup. */
export const keepWriting = (serverId: string, folders: readonly string[]): Promise<string> =>
  guest(
    serverId,
    `rm -f /run/enough; cat >/run/writer.sh <<'W'
n=0; while [ ! -e /run/enough ]; do n=$((n+1)); for d in ${folders.join(' ')}; do dd if=/dev/urandom of=$d/busy.$((n % 7)) bs=64k count=$((n % 16 + 1)) conv=fsync 2>/dev/null; done; sleep 0.1; done; touch /run/stopped
W
     rm -f /run/stopped; sh /run/writer.sh >/dev/null 2>&1 </dev/null & echo started`,
  );

/** Counts in memory (`/run/count`) and, each number to the end, on a disk (`<folder>/count`), for as long as the server runs. */
export const keepCounting = (serverId: string, folder: string): Promise<string> =>
  guest(
    serverId,
    `cat >/run/count.sh <<'W'
n=0; while :; do n=$((n+1)); printf '%08d\\n' $n | dd of=${folder}/count conv=fsync 2>/dev/null; echo $n >/run/count; sleep 0.05; done
W
     sh /run/count.sh >/dev/null 2>&1 </dev/null & echo started`,
  );

export const stopWriting = (serverId: string): Promise<string> =>
  guest(serverId, 'touch /run/enough; for i in $(seq 100); do [ -e /run/stopped ] && break; sleep 0.1; done; sync');
