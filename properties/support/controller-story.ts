/**
 * The controller's part of a story: what the active controller appends to the metadata log, as changes of what was known
 * before, and who of the quorum takes which role.
 */
import { CONTROLLER_MACHINE } from '../../src/actors/controller/node.ts';
import type { RaftCommitted } from '../../src/actors/raft/events.ts';
import { RAFT_LOG_FILE } from '../../src/actors/raft/state.ts';
import { CLUSTER_METADATA_TOPIC } from '../../src/kafka/api.ts';
import type { FetchResponse, MetadataBatch } from '../../src/kafka/api.ts';
import type { RaftLog } from '../../src/kafka/raft-log.ts';
import type { RaftRole } from '../../src/kafka/views.ts';
import type { TraceLine } from '../../src/kernel/trace.ts';
import { NO_LEADER } from '../../src/kafka/ids.ts';
import { FENCE, IN_CONTROLLED_SHUTDOWN, NO_LEADER_CHANGE, UNFENCE, type MetadataRecord, type PartitionChangeRecord } from '../../src/kafka/metadata-records.ts';

interface Known {
  readonly leader: number;
  readonly leaderEpoch: number;
  readonly isr: readonly number[];
  readonly elr: readonly number[];
}

/** That somebody waits for news, or wonders whether to stand, is told by what it sends. */
const TOLD_ROLES: readonly RaftRole[] = ['Candidate', 'Leader', 'Follower', 'Resigned'];

export class ControllerStory {
  /** The topics that the run begins with are there. */
  isUp = false;
  private readonly topics = new Map<string, string>();
  private readonly partitions = new Map<string, Known>();
  /** Last epoch of each controller's log. */
  private readonly logEpochs = new Map<string, number>();

  /** Of a step of a raft machine. */
  tell(line: TraceLine): string[] {
    const lines: string[] = [];
    const { stateBefore, stateAfter, node } = line;
    if (this.isUp && node.startsWith('controller-') && stateBefore !== stateAfter && TOLD_ROLES.includes(stateAfter as RaftRole)) lines.push(`${node}/raft  ${stateBefore} -> ${stateAfter}`);
    if (this.isUp && node.startsWith('controller-')) lines.push(...this.copied(line), ...this.committed(line));
    if (line.event !== 'raft.append' || stateAfter !== 'Leader') return lines;
    for (const record of (line.detail as { readonly records: readonly MetadataRecord[] }).records) {
      const told = this.appended(record);
      if (told !== undefined) lines.push(`${node}  ${told}`);
    }
    return lines;
  }

  /** Entries that a leader sends of epochs before its own: what stands in the metadata log from another one. */
  private copied({ event, from, node, detail }: TraceLine): string[] {
    if (event !== 'FetchResponse') return [];
    const { records, currentLeader } = (detail as FetchResponse<MetadataBatch>).responses[0]?.partitions[0] ?? {};
    if (records?.some(({ partitionLeaderEpoch }) => partitionLeaderEpoch < (currentLeader?.leaderEpoch ?? 0)) !== true) return [];
    return [`${from} -> ${node}  FetchResponse ${records.map(({ baseOffset, partitionLeaderEpoch }) => `${CLUSTER_METADATA_TOPIC}@${baseOffset} of epoch ${partitionLeaderEpoch}`).join(', ')}`];
  }

  /** A leader whose high watermark has reached an entry of an epoch before its own, and none of its own (Raft, 5.4.2). */
  private committed({ node, stateAfter, effects }: TraceLine): string[] {
    const lines: string[] = [];
    for (const effect of effects) {
      if (effect.kind === 'write' && effect.file === RAFT_LOG_FILE) this.logEpochs.set(node, (effect.content as unknown as RaftLog).lastEpoch);
      if (effect.kind !== 'tell' || effect.event.type !== 'raft.committed' || effect.to !== CONTROLLER_MACHINE || stateAfter !== 'Leader') continue;
      const { batches, endOffset } = effect.event as RaftCommitted;
      const last = batches.at(-1);
      if (last !== undefined && last.partitionLeaderEpoch < (this.logEpochs.get(node) ?? 0)) lines.push(`${node}/raft  high watermark ${endOffset}: commits ${CLUSTER_METADATA_TOPIC}@${last.baseOffset} of epoch ${last.partitionLeaderEpoch}`);
    }
    return lines;
  }

  private appended(record: MetadataRecord): string | undefined {
    switch (record.type) {
      case 'TopicRecord':
        this.isUp = true;
        this.topics.set(record.topicId, record.name);
        return undefined;
      case 'PartitionRecord': {
        const { leader, leaderEpoch, isr, replicas } = record;
        this.partitions.set(`${record.topicId} ${record.partitionId}`, { leader, leaderEpoch, isr, elr: [] });
        return `${this.nameOf(record)} on [${replicas.join()}]: leader ${leader}, isr=[${isr.join()}]`;
      }
      case 'PartitionChangeRecord':
        return this.changed(record);
      case 'RegisterBrokerRecord':
        return this.isUp ? `registers broker ${record.brokerId} in broker epoch ${record.brokerEpoch}` : undefined;
      case 'UnregisterBrokerRecord':
        return `unregisters broker ${record.brokerId}`;
      case 'BrokerRegistrationChangeRecord': {
        if (!this.isUp) return undefined;
        const how = record.fenced === FENCE ? 'fences' : record.fenced === UNFENCE ? 'unfences' : record.inControlledShutdown === IN_CONTROLLED_SHUTDOWN ? 'begins the controlled shutdown of' : 'changes';
        return `${how} broker ${record.brokerId}`;
      }
      case 'RemoveTopicRecord':
        return `removes topic ${this.topics.get(record.topicId)}`;
      case 'ConfigRecord':
        return this.partitions.size === 0 ? undefined : `config of ${record.resourceName === '' ? 'all brokers' : record.resourceName}: ${record.name}=${record.value}`;
      case 'ClearElrRecord':
        return 'clears the elr';
      default:
        return undefined;
    }
  }

  private changed(record: PartitionChangeRecord): string | undefined {
    const key = `${record.topicId} ${record.partitionId}`;
    const before = this.partitions.get(key) as Known;
    const isElection = record.leader !== NO_LEADER_CHANGE;
    const after: Known = {
      leader: isElection ? record.leader : before.leader, leaderEpoch: before.leaderEpoch + (isElection ? 1 : 0),
      isr: record.isr ?? before.isr, elr: record.eligibleLeaderReplicas ?? before.elr,
    };
    this.partitions.set(key, after);
    const isUnclean = isElection && after.leader !== NO_LEADER && !before.isr.includes(after.leader) && !before.elr.includes(after.leader);
    const parts = [
      ...(isElection ? [`${after.leader === NO_LEADER ? 'no leader' : `leader ${after.leader}`} in leader epoch ${after.leaderEpoch}${isUnclean ? ' (unclean election)' : ''}`] : []),
      ...listed('replicas', record.replicas),
      ...listed('adding', record.addingReplicas),
      ...listed('removing', record.removingReplicas),
      ...listed('isr', record.isr),
      ...listed('elr', record.eligibleLeaderReplicas),
    ];
    return parts.length === 0 ? undefined : `${this.nameOf(record)}: ${parts.join(', ')}`;
  }

  private nameOf({ topicId, partitionId }: { readonly topicId: string; readonly partitionId: number }): string {
    return `${this.topics.get(topicId)}-${partitionId}`;
  }
}

/** Of a change record: what is absent or null stays as it was. */
function listed(what: string, ids: readonly number[] | null | undefined): string[] {
  return ids === null || ids === undefined ? [] : [`${what}=[${ids.join()}]`];
}
