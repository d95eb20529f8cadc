// A door that keeps what it is sent and can misbehave, and the pages that are recorded: real HTTP on real ports.

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";

const HERE = dirname(fileURLToPath(import.meta.url));
const DIST = join(HERE, "..", "..", "dist");
const SEGMENTS = /^\/ingest\/v1\/sessions\/([^/]+)\/segments$/;
const CORS = {
  "Access-Control-Allow-Origin": "*",
  "Access-Control-Expose-Headers": "Retry-After, X-TraceFlow-Rate-Limits",
};

const collect = async (request) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts);
};

/** One door and one site. `pages[path]` is `(request) => ({body, headers})` or HTML. */
export class Receiver {
  segments = new Map();
  requests = [];
  conflicts = [];
  duplicates = 0;
  pages = {};
  /** Called for each segment; answers, or gives undefined for the usual answer. */
  misbehave = async () => undefined;

  async open() {
    this.door = createServer((request, response) => this.#door(request, response).catch(() => response.destroy()));
    this.site = createServer((request, response) => this.#page(request, response).catch(() => response.destroy()));
    for (const server of [this.door, this.site]) await new Promise((done) => server.listen(0, "127.0.0.1", done));
    this.doorUrl = `http://127.0.0.1:${this.door.address().port}`;
    this.siteUrl = `http://localhost:${this.site.address().port}`;
    return this;
  }

  async close() {
    for (const server of [this.door, this.site]) {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    }
  }

  async #door(request, response) {
    const url = new URL(request.url, this.doorUrl);
    if (request.method === "OPTIONS") {
      response.writeHead(204, {
        ...CORS,
        "Access-Control-Allow-Methods": "POST, GET, OPTIONS",
        "Access-Control-Allow-Headers": "Authorization, Content-Type, Content-Encoding",
        "Access-Control-Max-Age": "600",
      });
      return response.end();
    }
    if (url.pathname === "/ingest/v1/sdk.js") return this.#file(response, "traceflow.js");
    if (url.pathname.startsWith("/ingest/v1/sdk/")) return this.#file(response, url.pathname.split("/").at(-1));
    const found = SEGMENTS.exec(url.pathname);
    if (!found) return response.writeHead(404, CORS).end();
    return this.#take(request, response, found[1], url);
  }

  async #file(response, name) {
    response.writeHead(200, { ...CORS, "Content-Type": "text/javascript" });
    response.end(await readFile(join(DIST, name)));
  }

  async #take(request, response, session_id, url) {
    const raw = await collect(request);
    const text = (request.headers["content-encoding"] === "gzip" ? gunzipSync(raw) : raw).toString();
    const body = JSON.parse(text);
    const bytes = text.slice(text.indexOf('"events":'));
    const key = `${session_id}/${body.window_id}/${body.segment_id}`;
    const isBeacon = url.searchParams.has("key");
    this.requests.push({
      key,
      at: Date.now(),
      isBeacon,
      bytes: raw.length,
      encoding: request.headers["content-encoding"],
    });
    const other = await this.misbehave({ key, body, isBeacon, request, response });
    if (other) {
      if (other.store) this.#store(key, session_id, body, bytes);
      if (other.drop) return response.destroy();
      response.writeHead(other.status, { ...CORS, ...other.headers });
      return response.end(other.body ?? "");
    }
    const duplicate = this.#store(key, session_id, body, bytes);
    response.writeHead(202, { ...CORS, "Content-Type": "application/json" });
    response.end(JSON.stringify({ outcome: "accepted", ...(duplicate ? { duplicate: true } : {}), ...this.answer }));
  }

  #store(key, session_id, body, bytes) {
    const known = this.segments.get(key);
    if (known) {
      if (known.bytes !== bytes) this.conflicts.push(key);
      this.duplicates += 1;
      return true;
    }
    this.segments.set(key, { session_id, ...body, bytes });
    return false;
  }

  async #page(request, response) {
    const url = new URL(request.url, this.siteUrl);
    const page = this.pages[url.pathname];
    if (page === undefined) return response.writeHead(404).end("not found");
    const made = typeof page === "function" ? await page(request, url) : { body: page };
    response.writeHead(made.status ?? 200, { "Content-Type": "text/html; charset=utf-8", ...made.headers });
    response.end(made.body);
  }

  /** Sessions → windows → segments in order. */
  windows() {
    const found = new Map();
    for (const segment of this.segments.values()) {
      const key = `${segment.session_id}/${segment.window_id}`;
      found.set(key, [...(found.get(key) ?? []), segment]);
    }
    for (const list of found.values()) list.sort((a, b) => a.segment_id - b.segment_id);
    return found;
  }

  sessions() {
    return new Set([...this.segments.values()].map(({ session_id }) => session_id));
  }

  events() {
    return [...this.windows().values()].flatMap((segments) => segments.flatMap(({ events }) => events));
  }

  tracked() {
    return this.events()
      .filter(({ type, data }) => type === 5 && data.tag === "track")
      .map(({ data }) => data.payload.name);
  }

  custom(tag) {
    return this.events()
      .filter(({ type, data }) => type === 5 && data.tag === tag)
      .map(({ data }) => data.payload);
  }

  plugin(name) {
    return this.events()
      .filter(({ type, data }) => type === 6 && data.plugin === name)
      .map(({ data }) => data.payload);
  }
}
