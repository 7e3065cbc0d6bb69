import type { Difference } from './points/new-server-plan.ts';

/**
 * What other services accept of what they themselves returned. Everything that is sent to them goes through here, and
 * plans use the same functions to say what is left out. Lengths are in code points, as Python counts them. Sources:
 * Zed's and later nova/api/validation/parameter_types.py, nova/api/openstack/compute/schemas/{servers,keypairs}.py,
 * cinder/api/validation/parameter_types.py, cinder/api/schemas/volumes.py, neutron_lib/api/definitions and validators.
 */
export interface Fitted<T> {
  value: T;
  left: Difference[];
}

type Texts = Record<string, string>;

const MAX_TEXT = 255;
const MAX_TAGS = 50;
const MAX_USER_DATA = 65_535;
/** Admin metadata of one volume, which Cinder shows to administrators among the metadata. */
const CINDER_FLAGS = ['readonly', 'attached_mode'];
/** It describes the image from which the volume was once made, not the volume. Cinder does not let others set it. */
const MADE_BY_CINDER = ['signature_verified'];

const NOVA_KEY = /^[a-zA-Z0-9\-_:. ]{1,255}(?!\n)$/;
const CINDER_KEY = /^[a-zA-Z0-9\-_:. /]{1,255}(?!\n)$/;
const TAG = /^[^,/]{1,60}$/u;
/** From 2.92 on; before, without @ and the dot. */
const KEYPAIR = /^[a-zA-Z0-9@._-](?:[a-zA-Z0-9@._ -]{0,253}[a-zA-Z0-9@._-])?$/;
const HOSTNAME = /^[a-zA-Z0-9][a-zA-Z0-9-]{0,61}[a-zA-Z0-9]$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

const lengthOf = (text: string): number => [...text].length;
const cut = (text: string, most: number): string => (lengthOf(text) <= most ? text : [...text].slice(0, most).join(''));

/** Makes room for the suffix, so that the result of two long texts is still a valid name. */
export const withSuffix = (name: string, suffix: string): string => cut(name, MAX_TEXT - lengthOf(suffix)) + suffix;

/**
 * Nova's printable characters: no controls, nothing unassigned or private, no line ends, nothing beyond the first
 * plane.
 */
const printable = (text: string): string =>
  text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').replace(/[\p{C}\u{ffff}-\u{10ffff}]/gu, '');

const told = (code: string, detail: string): Difference => ({ code, detail });

/** Only plain names are shown to people. */
const shown = (keys: readonly string[]): string => {
  const plain = keys.map((key) => (/^[\w.:-]{1,60}$/.test(key) ? key : '…'));
  return `${plain.slice(0, 10).join(', ')}${keys.length > 10 ? ` and ${keys.length - 10} more` : ''}`;
};

function entries(all: Texts, takes: (key: string, value: string) => boolean): { value: Texts; without: string[] } {
  const pairs = Object.entries(all);
  const value = Object.fromEntries(pairs.filter(([key, one]) => takes(key, one)));
  return { value, without: pairs.filter(([key, one]) => !takes(key, one)).map(([key]) => key) };
}

const isShort = (value: string): boolean => lengthOf(value) <= MAX_TEXT && value.isWellFormed();

export interface ServerTexts {
  name: string;
  description: string | null;
  hostname: string | null;
  metadata: Texts;
  tags: string[];
  /** Base64. */
  userData: string | null;
}

/** Nova, `POST /servers`. */
export function fitServer(given: ServerTexts): Fitted<ServerTexts> {
  const left: Difference[] = [];
  const name = cut(printable(given.name).trim(), MAX_TEXT).trim() || 'server';
  if (name !== given.name)
    left.push(told('server.name', 'The name has characters, or a length, that the Compute service does not take.'));
  const description = given.description === null ? null : cut(printable(given.description), MAX_TEXT);
  if (description !== given.description)
    left.push(told('server.description', 'The description is shortened to what the Compute service takes.'));
  const metadata = entries(given.metadata, (key, value) => NOVA_KEY.test(key) && isShort(value));
  if (metadata.without.length > 0)
    left.push(told('server.metadata', `Metadata that the Compute service does not take: ${shown(metadata.without)}.`));
  const tags = [...new Set(given.tags)].filter(isTag).slice(0, MAX_TAGS);
  if (tags.length < given.tags.length)
    left.push(told('server.tags', 'Tags that the Compute service does not take are left out.'));
  const { userData } = given;
  const fits = userData === null || (userData.length <= MAX_USER_DATA && BASE64.test(userData.replace(/\s+/g, '')));
  if (!fits) left.push(told('server.user-data', 'The user data are larger than the Compute service takes.'));
  const hostname = given.hostname !== null && HOSTNAME.test(given.hostname) ? given.hostname : null;
  return {
    value: { name, description, hostname, metadata: metadata.value, tags, userData: fits ? userData : null },
    left,
  };
}

const isTag = (tag: string): boolean => TAG.test(tag) && tag.isWellFormed();

/** Nova's tag of a port or volume in a server. */
export const fitDeviceTag = (tag: string | null): string | null => (tag !== null && isTag(tag) ? tag : null);

export const fitsKeypair = (name: string): boolean => KEYPAIR.test(name);

/**
 * As many of them as the project's quota of metadata items for one server allows, minus those that others need. The
 * limit is null where there is none.
 */
export function fitItems(metadata: Texts, most: number | null, others = 0): Fitted<Texts> {
  const pairs = Object.entries(metadata);
  const room = most === null ? pairs.length : Math.max(0, most - others);
  if (pairs.length <= room) return { value: metadata, left: [] };
  const without = pairs.slice(room).map(([key]) => key);
  const detail = `The project may have ${most} metadata items on a server; left out: ${shown(without)}.`;
  return { value: Object.fromEntries(pairs.slice(0, room)), left: [told('server.metadata-items', detail)] };
}

export interface VolumeTexts {
  name: string | null;
  description: string | null;
  metadata: Texts;
}

/** Cinder, `POST /volumes`. `disk`: the name by which people are told which disk it is. */
export function fitVolume<T extends VolumeTexts>(given: T, disk = 'a disk'): Fitted<T> {
  const left: Difference[] = [];
  const fitText = (text: string | null) => (text === null ? null : cut(text.toWellFormed().trim(), MAX_TEXT));
  const [name, description] = [fitText(given.name), fitText(given.description)];
  if (name !== (given.name?.trim() ?? null) || description !== (given.description?.trim() ?? null))
    left.push(
      told('volume.name', `Name or description of ${disk} are shortened to what the Block Storage service takes.`),
    );
  const { readonly } = given.metadata;
  if (readonly === 'True')
    left.push(told('volume.readonly', `The volume of ${disk} was read-only; the new one is not.`));
  const own = entries(given.metadata, (key) => !CINDER_FLAGS.includes(key)).value;
  const metadata = entries(own, (key, value) => CINDER_KEY.test(key) && isShort(value));
  if (metadata.without.length > 0)
    left.push(
      told(
        'volume.metadata',
        `Metadata of ${disk} that the Block Storage service does not take: ${shown(metadata.without)}.`,
      ),
    );
  return { value: { ...given, name, description, metadata: metadata.value }, left };
}

/** Cinder, `os-set_image_metadata`: shorter than Glance's, with fewer characters allowed. */
export function fitImageProperties(given: Texts, disk = 'a disk'): Fitted<Texts> {
  const own = entries(given, (key) => !MADE_BY_CINDER.includes(key)).value;
  const { value, without } = entries(own, (key, one) => CINDER_KEY.test(key) && isShort(one));
  if (without.length === 0) return { value, left: [] };
  const detail = `Image properties of ${disk} that the Block Storage service gives out and does not take: ${shown(without)}.`;
  return { value, left: [told('volume.image-property', detail)] };
}

/** Neutron's texts: names and descriptions. */
export const fitNeutronText = (text: string): string => cut(text.toWellFormed(), MAX_TEXT);

const only = (keys: readonly string[]) => (one: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(one).filter(([key, value]) => keys.includes(key) && value !== null));

/** Neutron shows more of these fields than it accepts. */
export const fitAddressPairs = (pairs: readonly Record<string, unknown>[]) =>
  pairs.map(only(['ip_address', 'mac_address'])).filter((pair) => pair.ip_address !== undefined);
export const fitDhcpOptions = (options: readonly Record<string, unknown>[]) =>
  options.map(only(['opt_name', 'opt_value', 'ip_version'])).filter((option) => option.opt_name !== undefined);
