import { EventLog } from './event-log.ts';
import { SortedRecords } from './sorted-records.ts';
import type { StoredRecord } from './stored-record.ts';

/** The objects of one kind and their recent history. */
export class Collection {
  readonly records: SortedRecords = new SortedRecords();
  readonly log: EventLog;

  constructor(logCapacity: number, compactedRevision: number) {
    this.log = new EventLog(logCapacity, compactedRevision);
  }

  /**
   * The objects as they were at `revision`, rebuilt by undoing the changes since; undefined when the log no longer
   * reaches back that far.
   */
  at(revision: number): SortedRecords | undefined {
    const changes = this.log.undo(revision);
    if (changes === undefined) return undefined;
    if (changes.length === 0) return this.records;
    const past = this.records.copy();
    for (const change of changes) {
      if (change.previous === undefined) past.delete(change.record.orderKey);
      else past.put(change.previous);
    }
    return past;
  }

  /** The current version of an object. */
  find(orderKey: string): StoredRecord | undefined {
    return this.records.get(orderKey);
  }
}
