/** The store as a process. */
import type { NodeSpec } from '../../kernel/process.ts';
import { readApplied, STORE_MACHINE } from './machine.ts';

export function storeNode(name: string): NodeSpec {
  return { name, server: STORE_MACHINE, boot: ({ read }) => [{ name: STORE_MACHINE, machine: 'store', input: readApplied(read) }] };
}
