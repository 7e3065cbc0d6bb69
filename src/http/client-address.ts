import type { Request } from 'express';

/** Characters of the longest IPv6 address. */
const MAX_ADDRESS = 45;

/**
 * The client's address, for limits: the other end of the connection or, where proxies are trusted, what our proxy says.
 * Of IPv6 only the first half, which belongs to one customer.
 */
export function clientAddress(req: Request, trustProxy: boolean): string {
  const told = trustProxy ? req.get('x-forwarded-for')?.split(',').at(-1)?.trim() : undefined;
  const address = (told || req.socket.remoteAddress || '').slice(0, MAX_ADDRESS).toLowerCase();
  if (!address.includes(':') || address.startsWith('::ffff:')) return address;
  return address.split(':').slice(0, 4).join(':');
}
