/** Bounds of the format. What lies beyond them is neither written nor believed. All sizes in bytes. */

/** A frame is closed once it holds this much plain data. */
export const FRAME_PLAIN_BYTES = 4 * 1024 * 1024;
/** What a frame may hold at most: one more piece must never double it. */
export const MAX_FRAME_PLAIN_BYTES = FRAME_PLAIN_BYTES + 64 * 1024;
/** Longer data records are cut into several, so that whole records fit into frames. */
export const MAX_FRAME_DATA_BYTES = FRAME_PLAIN_BYTES;
/**
 * Scattered changes make smaller frames: a restore holds one frame of each run at a time, and with scattered
 * changes all runs of a chain have one at the same place.
 */
export const SCATTERED_FRAME_PLAIN_BYTES = 512 * 1024;
/** A frame is scattered when it spans more than this many times the bytes it holds. */
export const SCATTERED_SPAN_FACTOR = 2;
/** Records of zeros are small: their number, not their bytes, ends a frame. */
export const MAX_FRAME_RECORDS = 4096;
/** zstd's own bound for incompressible data is far lower. */
export const MAX_FRAME_STORED_BYTES = MAX_FRAME_PLAIN_BYTES + 64 * 1024;

/** An index block is closed once it is this long. */
export const INDEX_BLOCK_BYTES = 64 * 1024;
/** … and one frame more makes it this long at most: two numbers and a tag for each record, and what encryption adds. */
export const MAX_INDEX_BLOCK_BYTES = INDEX_BLOCK_BYTES + 128 + MAX_FRAME_RECORDS * 20;

/** Enough for the index of some billion extents. */
export const MAX_FOOTER_BYTES = 16 * 1024 * 1024;
export const MAX_HEAD_FRAME_BYTES = 4096;

export const MAX_MANIFEST_BYTES = 16 * 1024 * 1024;
export const MAX_TARGET_INFO_BYTES = 64 * 1024;
export const MAX_KEY_OBJECT_BYTES = 64 * 1024;
export const MAX_DISKS = 256;
/** Runs that one disk of a backup may need. */
export const MAX_RUNS = 1000;
export const MIN_KEY_BYTES = 32;

/** Frames of one run that are being compressed, or wait to be written. */
export const WRITE_FRAMES_IN_FLIGHT = 3;
/** Frames read ahead by a restore or a verification, all runs together. */
export const READ_FRAMES_AHEAD = 6;
/** Plain bytes of the frames a restore holds; beyond it frames are dropped and read again. */
export const RESTORE_CACHE_BYTES = 48 * 1024 * 1024;
/** Plain bytes of the frames that all disks which are read at random hold together. */
export const SERVED_FRAMES_BYTES = 64 * 1024 * 1024;
/** Extents of the index blocks that they hold together; each takes some 60 bytes. */
export const SERVED_INDEX_EXTENTS = 512 * 1024;
/** Segments planned ahead by a restore. */
export const MAX_SEGMENTS_AHEAD = 4096;
/** Records of a restored stream: at most one object of an image (Ceph's default size), and within one. */
export const RESTORE_RECORD_BYTES = 4 * 1024 * 1024;
/** A run that is copied to another target is read in such pieces, some ahead of what is written. */
export const COPY_PIECE_BYTES = 4 * 1024 * 1024;
export const COPY_PIECES_AHEAD = 3;
/** Footers read at once. */
export const OPEN_RUNS_AT_ONCE = 8;
/** Chunks that a restore hands to `rbd`. */
export const OUTPUT_CHUNK_BYTES = 1024 * 1024;
/** Below this a thread costs more than it saves. */
export const SMALL_FRAME_BYTES = 32 * 1024;

/** Manifests that are read at a time when all are wanted: on a far target each is a round trip. */
export const MANIFESTS_AT_ONCE = 16;
