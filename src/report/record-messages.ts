/**
 * The messages of a run and what became of them: sent, stalled, lost, handled. Follows each by the object that travels,
 * since what is sent to one node is handled there as the same object.
 */
import type { Message } from '../kernel/effects.ts';
import type { Wiretap } from '../network/wiretap.ts';
import type { Causes } from './causes.ts';
import { Dictionary, GrowingTable } from './columns.ts';
import { FIRST_MESSAGE, FLAG, VIA } from './model/model.ts';

/** Longer bodies are cut. */
const MAX_DETAIL_CHARACTERS = 900;

export interface DetailBudget {
  /** Whether the body of a message sent at `atUs` is worth keeping. */
  readonly wants: (atUs: number) => boolean;
  readonly characters: number;
}

export class MessageRecorder implements Wiretap {
  readonly table = new GrowingTable('messages');
  readonly types = new Dictionary();
  readonly links: number[] = [];
  readonly details: [number, string][] = [];
  private readonly causes: Causes;
  private readonly nodeCount: number;
  private readonly budget: DetailBudget;
  private charactersLeft: number;
  private readonly linkNumbers = new Map<number, number>();
  /** By message: the numbers under which it is on its way. One object may go to several nodes. */
  private readonly underWay = new Map<Message, number[]>();
  /** By connection: the request read last. */
  private readonly reading = new Map<number, number>();
  private readonly connectionOf: number[] = [];

  constructor(causes: Causes, nodeCount: number, budget: DetailBudget) {
    this.causes = causes;
    this.nodeCount = nodeCount;
    this.budget = budget;
    this.charactersLeft = budget.characters;
  }

  sent(atUs: number, from: number, to: number, message: Message, connection: number, isAnswer: boolean, isCopy: boolean): void {
    const { cause, via } = this.causes.ofSender(message);
    const number = this.table.push({
      sentAtUs: atUs, handledAtUs: -1, link: this.linkOf(from * this.nodeCount + to), type: this.types.of(message.type), cause, via,
      answers: isAnswer ? (this.reading.get(connection) ?? -1) : -1, flags: isCopy ? FLAG.copy : 0,
    });
    this.connectionOf.push(isAnswer ? -1 : connection);
    const others = this.underWay.get(message);
    if (others === undefined) this.underWay.set(message, [number]);
    else others.push(number);
    if (this.charactersLeft > 0 && this.budget.wants(atUs)) this.keepDetail(number, message);
  }

  stalled(_atUs: number, from: number, to: number, message: Message): void {
    const number = this.find(from, to, message);
    if (number !== -1) this.flag(number, FLAG.stalled);
  }

  lost(_atUs: number, from: number, to: number, message: Message): void {
    const number = this.find(from, to, message);
    if (number === -1) return;
    this.flag(number, FLAG.lost);
    this.forget(message, number);
  }

  /** A step handles `message`. Returns its cause: the message. */
  handled(atUs: number, from: number, to: number, message: Message): { cause: number; via: number } | undefined {
    const number = this.find(from, to, message);
    if (number === -1) return undefined;
    this.table.set('handledAtUs', number, atUs);
    this.forget(message, number);
    const connection = this.connectionOf[number] as number;
    if (connection !== -1) this.reading.set(connection, number);
    return { cause: FIRST_MESSAGE + number, via: VIA.directly };
  }

  private find(from: number, to: number, message: Message): number {
    const link = this.linkNumbers.get(from * this.nodeCount + to);
    for (const number of this.underWay.get(message) ?? []) if (this.table.at('link', number) === link) return number;
    return -1;
  }

  private forget(message: Message, number: number): void {
    const left = (this.underWay.get(message) ?? []).filter((each) => each !== number);
    if (left.length === 0) this.underWay.delete(message);
    else this.underWay.set(message, left);
  }

  private flag(number: number, bit: number): void {
    this.table.set('flags', number, this.table.at('flags', number) | bit);
  }

  private linkOf(key: number): number {
    let number = this.linkNumbers.get(key);
    if (number === undefined) {
      number = this.links.length;
      this.links.push(key);
      this.linkNumbers.set(key, number);
    }
    return number;
  }

  private keepDetail(number: number, message: Message): void {
    const text = JSON.stringify(message);
    const kept = text.length > MAX_DETAIL_CHARACTERS ? `${text.slice(0, MAX_DETAIL_CHARACTERS)}…` : text;
    this.charactersLeft -= kept.length;
    this.details.push([number, kept]);
  }
}
