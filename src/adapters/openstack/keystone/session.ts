import { hasCode, RewindError } from '../../../domain/errors.ts';
import type { Clock } from '../../../ports/system.ts';
import type { Http } from '../calls/http-client.ts';
import type { CloudConfig } from '../calls/openstack-config.ts';
import { answerError, unavailable } from '../calls/openstack-errors.ts';
import { sendPatiently } from '../calls/retry-call.ts';
import { type Token, tokenFrom } from './token.ts';

/** How long a refusal is remembered: many callers at once must not flood Keystone, nor lock the account. */
const REFUSAL_MEMORY_MS = 10_000;

export type Scope = { projectId: string } | { projectName: string; projectDomainName: string } | { trustId: string };

export interface SessionParts {
  config: CloudConfig;
  http: Http;
  clock: Clock;
}

/** Keystone's URL, versioned, without a slash at the end. */
export const keystoneUrl = (config: CloudConfig): string => `${config.authUrl.replace(/(\/v3)?\/*$/, '')}/v3`;

/**
 * The service user in one project: holds one token, renews it in time, and asks Keystone once, however many wait.
 * Modelled on keystoneauth's session and password plugin.
 */
export class Session {
  readonly #scope: Scope;
  readonly #parts: SessionParts;
  readonly #explainRefusal: (refused: RewindError) => Promise<RewindError>;
  #token: Token | undefined;
  #pending: Promise<Token> | undefined;
  #refused: { error: RewindError; until: number } | undefined;

  /** `explainRefusal` may find out what a 401 of Keystone means, which the answer does not say. */
  constructor(
    scope: Scope,
    parts: SessionParts,
    explainRefusal: (refused: RewindError) => Promise<RewindError> = async (refused) => refused,
  ) {
    this.#scope = scope;
    this.#parts = parts;
    this.#explainRefusal = explainRefusal;
  }

  /** Errors: `openstack.unauthorized` (errored), `openstack.unavailable`, and what `explainRefusal` makes. */
  async token(): Promise<Token> {
    const now = this.#parts.clock.monotonic();
    if (this.#token !== undefined && now < this.#token.renewAt) return this.#token;
    if (this.#refused !== undefined && now < this.#refused.until) throw this.#refused.error;
    try {
      return await this.renew();
    } catch (error) {
      // Keystone is away for a moment: the old token serves until it has really expired.
      const old = this.#token;
      if (hasCode(error, 'openstack.unavailable') && old !== undefined && now < old.expiresAt) return old;
      throw error;
    }
  }

  /** A service did not accept this token. Forgets it, unless it was replaced already or is younger than `minAgeMs`. */
  invalidate(value: string, minAgeMs = 0): void {
    const token = this.#token;
    if (token?.value === value && this.#parts.clock.monotonic() - token.issuedAt >= minAgeMs) this.#token = undefined;
  }

  /** Gets a new token, whatever the old one was. Errors as for `token()`. */
  renew(): Promise<Token> {
    this.#pending ??= this.#authenticate().finally(() => {
      this.#pending = undefined;
    });
    return this.#pending;
  }

  async #authenticate(): Promise<Token> {
    const { config, http, clock } = this.#parts;
    const askedAt = clock.monotonic();
    const url = `${keystoneUrl(config)}/auth/tokens`;
    const request = { service: 'identity', method: 'POST', url, headers: {}, body: this.#body() } as const;
    // Repeatable: one token too many does no harm.
    const answer = await sendPatiently(http, clock, request, true);
    if (answer.status === 201) {
      const token = tokenFrom(answer, askedAt);
      if (token === undefined)
        throw unavailable('identity', new Error(`${answer.call}: no token in the answer`), 'gave no usable answer');
      this.#token = token;
      this.#refused = undefined;
      return token;
    }
    if (answer.status !== 401 && answer.status !== 403) throw answerError('identity', answer, 'rewind');
    const error = await this.#explainRefusal(credentialsRefused(answerError('identity', answer, 'rewind')));
    this.#token = undefined;
    this.#refused = { error, until: clock.monotonic() + REFUSAL_MEMORY_MS };
    throw error;
  }

  #body(): object {
    const { config } = this.#parts;
    const user = { name: config.username, domain: { name: config.userDomainName }, password: config.password };
    const identity = { methods: ['password'], password: { user } };
    return { auth: { identity, scope: scopeBody(this.#scope) } };
  }
}

function scopeBody(scope: Scope): object {
  if ('trustId' in scope) return { 'OS-TRUST:trust': { id: scope.trustId } };
  if ('projectId' in scope) return { project: { id: scope.projectId } };
  return { project: { name: scope.projectName, domain: { name: scope.projectDomainName } } };
}

function credentialsRefused(cause: RewindError): RewindError {
  return new RewindError('openstack.unauthorized', 'The Identity service did not accept the credentials of Rewind.', {
    fault: 'errored',
    status: 500,
    hint: 'The operator must check the service user: name, password, domain, project and roles.',
    cause: cause.cause,
  });
}
