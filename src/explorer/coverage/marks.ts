/**
 * Marks: branches that a campaign must reach now and then, by the labels that the machines report them under. The list is
 * held against the sources, so that a mark nobody reaches is missed.
 */
export const MARKS: readonly string[] = [
  'AlterPartition outcome left to the metadata log',
  'ISR shrunk by lag',
  'became leader',
  'broker session expired',
  'controller became active',
  'controller renounced',
  'coordinator loaded',
  'coordinator loads',
  'duplicate recognised',
  'follower failed: unexpected append offset',
  'follower started over',
  'follower truncated',
  'log cleaned',
  'producer ids expired',
  'raft: a fetched batch does not fit the log',
  'raft: a follower cannot cut below its snapshot',
  'raft: a follower cut what its leader does not have',
  'raft: a follower installed a snapshot',
  'raft: a follower was to cut what is committed',
  'raft: a leader without a quorum resigned',
  'raft: two leaders were named for one epoch',
  'recovery cut a torn batch',
  'replica removed',
  'retention deleted segments',
  'segment rolled',
];
