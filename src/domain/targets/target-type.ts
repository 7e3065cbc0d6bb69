/**
 * The types of targets. Each is a schema in config/target-schema.ts and a line in wiring/target-types.ts: the compiler
 * reports a missing one.
 */
export const TARGET_TYPES = ['directory', 's3'] as const;

export type TargetType = (typeof TARGET_TYPES)[number];
