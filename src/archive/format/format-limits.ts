/** Bounds of the format. Whatever exceeds them is neither written nor accepted. All sizes in bytes. */

/** A frame is closed once it holds this much plain data. */
export const FRAME_PLAIN_BYTES = 4 * 1024 * 1024;
/** The most that a frame may hold: one more piece must never double it. */
export const MAX_FRAME_PLAIN_BYTES = FRAME_PLAIN_BYTES + 64 * 1024;
/** Longer data records are cut into several, so that frames hold whole records. */
export const MAX_FRAME_DATA_BYTES = FRAME_PLAIN_BYTES;
/**
 * Scattered changes make smaller frames, because a restore holds one frame of each run at a time, and with scattered
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
/**
 * The most that one more frame makes of a block that is almost full: two numbers and a tag for each record, and the
 * overhead of encryption.
 */
export const MAX_INDEX_BLOCK_BYTES = INDEX_BLOCK_BYTES + 128 + MAX_FRAME_RECORDS * 20;

/** Enough for the index of some billion extents. */
export const MAX_FOOTER_BYTES = 16 * 1024 * 1024;
export const MAX_HEAD_FRAME_BYTES = 4096;

export const MAX_MANIFEST_BYTES = 16 * 1024 * 1024;
export const MAX_TARGET_INFO_BYTES = 64 * 1024;
export const MAX_KEY_OBJECT_BYTES = 64 * 1024;
export const MAX_DISKS = 256;
/** The most runs that one disk of a backup may need. */
export const MAX_RUNS = 1000;
export const MIN_KEY_BYTES = 32;

/** The number of frames of one run that are being compressed or wait to be written. */
export const WRITE_FRAMES_IN_FLIGHT = 3;
/** Frames that a restore or a verification reads ahead, over all runs. */
export const READ_FRAMES_AHEAD = 6;
/** Plain bytes of the frames that a restore holds; beyond that, frames are dropped and read again. */
export const RESTORE_CACHE_BYTES = 48 * 1024 * 1024;
/** Plain bytes of frames that are held for all disks together that are read at random. */
export const SERVED_FRAMES_BYTES = 64 * 1024 * 1024;
/** Extents of index blocks that are held for these disks together; each takes some 60 bytes. */
export const SERVED_INDEX_EXTENTS = 512 * 1024;
/** The most segments that a restore plans ahead. */
export const MAX_SEGMENTS_AHEAD = 4096;
/**
 * The longest record of a restored stream: one object of an image (Ceph's default size). A record never crosses
 * objects.
 */
export const RESTORE_RECORD_BYTES = 4 * 1024 * 1024;
/** A run is copied to another target in pieces of this size, some of them read ahead of the writing. */
export const COPY_PIECE_BYTES = 4 * 1024 * 1024;
export const COPY_PIECES_AHEAD = 3;
/** Footers that are read at the same time. */
export const OPEN_RUNS_AT_ONCE = 8;
/** Size of the chunks that a restore hands to `rbd`. */
export const OUTPUT_CHUNK_BYTES = 1024 * 1024;
/** Below this size a thread costs more than it saves. */
export const SMALL_FRAME_BYTES = 32 * 1024;

/** Manifests that are read at the same time when all are wanted: on a distant target each is a round trip. */
export const MANIFESTS_AT_ONCE = 16;
