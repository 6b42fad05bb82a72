/**
 * What every request and response of the protocol has: the API it belongs to and the number that pairs the two. Headers
 * carry the rest in Kafka (client id, version); a connection here is opened by a known node and speaks one version.
 *
 * Source: RequestHeader.json, ResponseHeader.json.
 */

export interface Request<Type extends string> {
  readonly type: Type;
  /** Chosen by the client, unique among its requests; the answer repeats it. */
  readonly correlationId: number;
}
export type Response<Type extends string> = Request<Type>;
