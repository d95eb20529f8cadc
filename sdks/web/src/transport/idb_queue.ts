// Segments that wait in IndexedDB, shared by all pages of the origin; in memory where the browser refuses.

import type { Segment } from "../segment/segment.js";
import { inOrder, memoryQueue, type SegmentQueue, type Waiting, waitingFor } from "./queue.js";

const HEADS = "heads";
const BODIES = "bodies";

type Act<T> = (heads: IDBObjectStore, bodies: IDBObjectStore, tx: IDBTransaction) => Promise<T> | T;

function answered<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function completed(tx: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    tx.oncomplete = () => resolve();
    tx.onabort = () => reject(tx.error);
  });
}

export function idbQueue(name: string, factory: IDBFactory | undefined): SegmentQueue {
  const memory = memoryQueue();
  let opening: Promise<IDBDatabase> | null = null;
  let database: IDBDatabase | null = null;

  const close = (): void => {
    database?.close();
    database = opening = null;
  };

  const open = async (): Promise<IDBDatabase> => {
    if (!factory) throw new Error("no IndexedDB");
    const request = factory.open(name, 1);
    request.onupgradeneeded = () => {
      for (const store of [HEADS, BODIES]) request.result.createObjectStore(store, { keyPath: "key" });
    };
    database = await answered(request);
    database.onversionchange = database.onclose = close;
    return database;
  };

  const run = async <T>(db: IDBDatabase, mode: IDBTransactionMode, act: Act<T>): Promise<T> => {
    const tx = db.transaction([HEADS, BODIES], mode);
    const done = completed(tx);
    done.catch(() => {});
    const result = await act(tx.objectStore(HEADS), tx.objectStore(BODIES), tx);
    if (mode === "readwrite") await done;
    return result;
  };

  // At once where the database is open: a page that goes away has no later.
  const inside = async <T>(mode: IDBTransactionMode, act: Act<T>): Promise<T> => {
    if (database) {
      try {
        return await run(database, mode, act);
      } catch (error) {
        if ((error as DOMException | null)?.name !== "InvalidStateError") throw error;
        close(); // the browser closed it under us
      }
    }
    opening ??= open();
    return run(await opening, mode, act);
  };

  return {
    put: async (segment, notBeforeMs) => {
      try {
        await inside("readwrite", (heads, bodies, tx) => {
          heads.put(waitingFor(segment, notBeforeMs));
          bodies.put(segment);
          tx.commit?.();
        });
        return true;
      } catch {
        return memory.put(segment, notBeforeMs);
      }
    },
    postpone: async (key, notBeforeMs) => {
      await memory.postpone(key, notBeforeMs);
      await inside("readwrite", async (heads) => {
        const head = (await answered(heads.get(key))) as Waiting | undefined;
        if (head) heads.put({ ...head, not_before_ms: notBeforeMs });
      }).catch(() => {});
    },
    remove: async (keys) => {
      await memory.remove(keys);
      await inside("readwrite", (heads, bodies, tx) => {
        for (const key of keys) {
          heads.delete(key);
          bodies.delete(key);
        }
        tx.commit?.();
      }).catch(() => {});
    },
    waiting: async () => {
      const onDisk = await inside("readonly", (heads) => answered<Waiting[]>(heads.getAll())).catch(() => []);
      return [...onDisk, ...(await memory.waiting())].sort(inOrder);
    },
    read: async (key) => {
      const kept = await memory.read(key);
      if (kept) return kept;
      return inside("readonly", (_heads, bodies) => answered<Segment | undefined>(bodies.get(key))).catch(
        () => undefined,
      );
    },
    clear: async () => {
      await memory.clear();
      await inside("readwrite", (heads, bodies) => {
        heads.clear();
        bodies.clear();
      }).catch(() => {});
    },
  };
}
