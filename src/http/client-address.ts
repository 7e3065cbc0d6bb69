import type { Request } from 'express';

/** Characters of the longest IPv6 address. */
const MAX_ADDRESS = 45;

/**
 * Who asks, for limits: the other end of the connection, or what our proxy says of it where proxies are believed. Of IPv6
 * the first half, which one customer has for himself.
 */
export function clientAddress(req: Request, trustProxy: boolean): string {
  const told = trustProxy ? req.get('x-forwarded-for')?.split(',').at(-1)?.trim() : undefined;
  const address = (told || req.socket.remoteAddress || '').slice(0, MAX_ADDRESS).toLowerCase();
  if (!address.includes(':') || address.startsWith('::ffff:')) return address;
  return address.split(':').slice(0, 4).join(':');
}
