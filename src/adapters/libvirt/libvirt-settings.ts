export interface LibvirtSettings {
  /** e.g. `qemu:///system` */
  uri: string;
  /** No call may take longer, except those that wait for the guest's hooks. */
  callSeconds: number;
  /** How long the guest's hooks may take to freeze it, and to thaw it. */
  freezeSeconds?: number;
}

export const FREEZE_SECONDS = 60;

/** libvirt itself waits this long when somebody else is asking the same domain, before it refuses. */
export const JOB_WAIT_SECONDS = 30;

/** Runs one command of virsh, for this many seconds at most; resolves with its output. @throws ProcessError */
export type Virsh = (args: readonly string[], seconds?: number) => Promise<string>;
