/**
 * The two orders of members that decide who gets what. By instance id, static members first (KIP-345): a static member
 * keeps its place, and with it its partitions, when it comes back under another member id. And by Java's hash: the
 * leader of a classic group walks its members as a `HashMap<String, Subscription>` does, which shows when more members
 * than needed could keep an extra partition, and in Kafka's own tests.
 *
 * Left out: buckets that Java turns into trees, at eight colliding ids.
 *
 * Source: AbstractPartitionAssignor.MemberInfo; java.util.HashMap, String.hashCode.
 */

/** Code units rising, as `String.compareTo`; never by locale. */
export function compareIds(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** MemberInfo.compareTo: static members by instance id, then the others by member id. */
export function compareMembers(
  a: { readonly memberId: string; readonly instanceId: string | null },
  b: { readonly memberId: string; readonly instanceId: string | null },
): number {
  if (a.instanceId !== null) return b.instanceId === null ? -1 : compareIds(a.instanceId, b.instanceId);
  return b.instanceId === null ? compareIds(a.memberId, b.memberId) : 1;
}

/** String.hashCode, spread over the low bits as HashMap.hash does. */
function spreadHash(text: string): number {
  let hash = 0;
  for (let i = 0; i < text.length; i += 1) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0;
  return hash ^ (hash >>> 16);
}

const DEFAULT_INITIAL_CAPACITY = 16;
const LOAD_FACTOR = 0.75;

/**
 * The indexes of `ids` in the order in which a HashMap filled with them in the order given iterates: by bucket, within
 * a bucket as they came, since growing keeps that order.
 */
export function hashMapOrder(ids: readonly string[]): number[] {
  let capacity = DEFAULT_INITIAL_CAPACITY;
  while (ids.length > capacity * LOAD_FACTOR) capacity *= 2;
  const buckets = ids.map((id) => spreadHash(id) & (capacity - 1));
  return ids.map((_, index) => index).toSorted((a, b) => (buckets[a] as number) - (buckets[b] as number) || a - b);
}
