/** The live stream: resumes by itself, knows when it is stale, and never pretends. */

const STALE_MS = 8000; // the gateway beats every 2.5 s
const RETRY_MS = 3000;

export class Stream {
  /** `on` has `event`, `lane`, `people`, `hello` and `state` (connecting, live, stale, offline, signed-out). */
  constructor(after, on) {
    this.seq = after;
    this.on = on;
    this.state = "connecting";
    this.heard = Date.now();
    this.skew = 0;
    this.connect();
    setInterval(() => this.check(), 500);
  }

  /** The gateway's time, whatever this machine's clock says. */
  now() { return Date.now() + this.skew; }

  connect() {
    const source = new EventSource(`/api/v1/stream?after=${this.seq}`);
    this.source = source;
    this.began = Date.now();
    source.onmessage = ({ data }) => {
      const event = JSON.parse(data);
      if (event.seq <= this.seq) return; // told twice across a reconnection
      this.seq = event.seq;
      this.on.event(event);
    };
    source.addEventListener("lane", ({ data }) => this.on.lane(JSON.parse(data)));
    source.addEventListener("people", ({ data }) => this.on.people(JSON.parse(data)));
    source.addEventListener("hello", ({ data }) => {
      const hello = JSON.parse(data);
      if (hello.reset) this.seq = hello.seq;
      this.on.hello(hello);
    });
    source.addEventListener("heartbeat", ({ data }) => {
      this.heard = Date.now();
      this.skew = Date.parse(JSON.parse(data).at) - this.heard;
      this.become("live");
    });
    source.onerror = () => this.lost(source);
  }

  lost(source) {
    if (source !== this.source) return;
    this.become("offline");
    if (source.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
    this.source = null;
    setTimeout(() => this.again(), RETRY_MS);
  }

  async again() {
    try {
      const answer = await fetch("/api/v1/session", { signal: AbortSignal.timeout(STALE_MS) });
      if (answer.status === 401) { this.become("signed-out"); return; }
    } catch { /* not there yet: connecting says the same */ }
    this.connect();
  }

  /** A line that was cut without a word stays silent for many minutes: begin a new one. */
  check() {
    const silent = Date.now() - Math.max(this.heard, this.began);
    if (this.state === "signed-out" || this.source === null || silent <= STALE_MS) return;
    if (this.state !== "offline") this.become("stale");
    this.source.close();
    this.connect();
  }

  become(state) {
    if (state === this.state) return;
    this.state = state;
    this.on.state(state);
  }
}
