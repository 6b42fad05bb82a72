/**
 * IncrementalAlterConfigs (KIP-339): settings of topics, of the cluster (the broker resource without a name) and of
 * single brokers. A resource is changed as a whole or not at all.
 *
 * Where eligible leader replicas are kept (KIP-966), what counts as in sync enough is part of their meaning: whoever
 * changes `min.insync.replicas` forgets them, for one topic or for all, and they form again with the next changes of the
 * partitions. A single broker may not have its own, and the cluster's may not be removed, once it is set.
 *
 * Left out: policies; loggers, client metrics and groups as resources. A config that nothing here obeys is stored
 * unchecked.
 *
 * Source: ConfigurationControlManager.incrementalAlterConfigs, createClearElrRecordsAsNeeded, validateAlterConfig;
 * ControllerApis.
 */
import { unreachable } from '../kernel/assert.ts';
import type { AlterConfigsResourceResponse, AlterableConfig, IncrementalAlterConfigsRequest } from './admin-api.ts';
import { configDef, formatProblem, parseConfig } from './config.ts';
import { UNMODELLED_CONFIGS } from './config-unmodelled.ts';
import type { ErrorName } from './errors.ts';
import type { MetadataImage } from './metadata.ts';
import { BROKER_RESOURCE, TOPIC_RESOURCE } from './metadata-records.ts';
import type { ConfigRecord, MetadataRecord } from './metadata-records.ts';
import { MIN_INSYNC_REPLICAS } from './partition-changes.ts';
import type { ReplicationControl } from './partition-changes.ts';

type Resource = IncrementalAlterConfigsRequest['resources'][number];

export interface AlterConfigsResult {
  readonly records: readonly MetadataRecord[];
  readonly responses: readonly AlterConfigsResourceResponse[];
}

interface Refusal {
  readonly errorCode: ErrorName;
  readonly errorMessage: string;
}

/** ConfigDef.Type.LIST, of the configs that are modelled. */
const LISTS: ReadonlySet<string> = new Set(['cleanup.policy', 'log.cleanup.policy']);

/** Decides an IncrementalAlterConfigs request, every resource for itself. */
export function incrementalAlterConfigs(
  image: MetadataImage,
  control: ReplicationControl,
  resources: readonly Resource[],
): AlterConfigsResult {
  const records: MetadataRecord[] = [];
  const idOf = ({ resourceType, resourceName }: Resource): string => `${resourceType}:${resourceName}`;
  const responses = resources.map((resource): AlterConfigsResourceResponse => {
    const { resourceType, resourceName } = resource;
    const isRepeated = resources.filter((each) => idOf(each) === idOf(resource)).length > 1;
    const altered = isRepeated
      ? { errorCode: 'INVALID_REQUEST' as const, errorMessage: 'Each resource must appear at most once.' }
      : alterResource(image, control, resource);
    if ('errorCode' in altered) return { ...altered, resourceType, resourceName };
    records.push(...altered.records);
    return { errorCode: 'NONE', errorMessage: null, resourceType, resourceName };
  });
  return { records: [...records, ...clearElrRecords(control, records)], responses };
}

function alterResource(
  image: MetadataImage,
  control: ReplicationControl,
  { resourceType, resourceName, configs }: Resource,
): { readonly records: readonly ConfigRecord[] } | Refusal {
  const present = image.configsOf(resourceType, resourceName);
  const after = new Map(present);
  const records: ConfigRecord[] = [];
  for (const config of configs) {
    const { name } = config;
    if (configs.filter((each) => each.name === name).length > 1)
      return { errorCode: 'INVALID_REQUEST', errorMessage: `Config ${name} is altered more than once.` };
    const value = newValue(present.get(name), resourceType, config);
    if (typeof value === 'object' && value !== null) return value;
    if (value === null) after.delete(name);
    else after.set(name, value);
    // A broker is to take up its configs again even where they stay (KAFKA-14136).
    if (value !== (present.get(name) ?? null) || resourceType === BROKER_RESOURCE)
      records.push({ type: 'ConfigRecord', resourceType, resourceName, name, value });
  }
  return refusalOf(image, control, resourceType, resourceName, after, records) ?? { records };
}

/** The value of a config after the operation, null for none. */
function newValue(
  present: string | undefined,
  resourceType: Resource['resourceType'],
  { name, configOperation, value }: AlterableConfig,
): string | null | Refusal {
  if (configOperation === 'DELETE') return null;
  if (value === null) return { errorCode: 'INVALID_REQUEST', errorMessage: `Null value not supported for ${name}.` };
  if (configOperation === 'SET') return value;
  if (!LISTS.has(name)) {
    const errorMessage = `Can't ${configOperation} to key ${name} because its type is not LIST.`;
    return { errorCode: 'INVALID_CONFIG', errorMessage };
  }
  const fallback = configDef(kindOf(resourceType), name)?.default;
  const parts = (present ?? String(fallback ?? '')).split(',').filter((part) => part !== '');
  const given = value.split(',');
  switch (configOperation) {
    case 'APPEND':
      return [...parts, ...given.filter((part) => !parts.includes(part))].join();
    case 'SUBTRACT':
      return parts.filter((part) => !given.includes(part)).join();
    default:
      return unreachable(configOperation, 'config operation');
  }
}

/** Why the resource may not have the configs `after`, which `records` lead to. */
function refusalOf(
  image: MetadataImage,
  control: ReplicationControl,
  resourceType: Resource['resourceType'],
  resourceName: string,
  after: ReadonlyMap<string, string>,
  records: readonly ConfigRecord[],
): Refusal | undefined {
  const invalid = (errorMessage: string): Refusal => ({ errorCode: 'INVALID_CONFIG', errorMessage });
  const minIsr = records.find(({ name }) => name === MIN_INSYNC_REPLICAS);
  if (control.rules.eligibleLeaderReplicas && resourceType === BROKER_RESOURCE && minIsr !== undefined) {
    if (resourceName !== '') return invalid(`Broker-level ${MIN_INSYNC_REPLICAS} cannot be altered while ELR is enabled.`);
    if (minIsr.value === null)
      return invalid(`Cluster-level ${MIN_INSYNC_REPLICAS} cannot be removed while ELR is enabled.`);
  }
  const kind = kindOf(resourceType);
  const known = [...after].filter(([name]) => !UNMODELLED_CONFIGS[kind].includes(name));
  const [problem] = parseConfig(kind, Object.fromEntries(known)).problems;
  if (problem !== undefined) return invalid(formatProblem(problem));
  if (resourceType === TOPIC_RESOURCE && image.topic(resourceName) === undefined)
    return { errorCode: 'UNKNOWN_TOPIC_OR_PARTITION', errorMessage: `The topic '${resourceName}' does not exist.` };
  if (resourceType === BROKER_RESOURCE && resourceName !== '' && image.broker(Number(resourceName)) === undefined)
    return { errorCode: 'BROKER_ID_NOT_REGISTERED', errorMessage: `No broker with id ${resourceName} found.` };
  return undefined;
}

function clearElrRecords(control: ReplicationControl, records: readonly MetadataRecord[]): readonly MetadataRecord[] {
  if (!control.rules.eligibleLeaderReplicas) return [];
  return records.flatMap((record): MetadataRecord[] => {
    if (record.type !== 'ConfigRecord' || record.name !== MIN_INSYNC_REPLICAS) return [];
    return [{ type: 'ClearElrRecord', topicName: record.resourceType === TOPIC_RESOURCE ? record.resourceName : '' }];
  });
}

function kindOf(resourceType: Resource['resourceType']): 'topic' | 'broker' {
  return resourceType === TOPIC_RESOURCE ? 'topic' : 'broker';
}
