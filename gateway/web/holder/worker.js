// Keeps the page on the phone, so that a pass shows where there is no network. It sees no pass:
// what stands behind the `#` of a link is in no request.

const KEPT = "menshen-pass-1";
const PAGE = "/pass";
const FILES = [PAGE, "/pass/page.css", "/pass/page.js", "/pass/code.js", "/pass/qr.js", "/pass/icon.svg"];

addEventListener("install", (event) => {
  skipWaiting();
  event.waitUntil(caches.open(KEPT).then((cache) => cache.addAll(FILES)));
});

addEventListener("activate", (event) => {
  const old = (names) => names.filter((name) => name.startsWith("menshen-pass-") && name !== KEPT);
  event.waitUntil(caches.keys().then((names) => Promise.all(old(names).map((name) => caches.delete(name)))));
});

// The gateway's own answer where it can be had, so that an update arrives; else what is kept.
addEventListener("fetch", (event) => {
  const path = new URL(event.request.url).pathname;
  if (event.request.method !== "GET" || !FILES.includes(path)) return;
  event.respondWith(answer(event.request, path));
});

async function answer(request, path) {
  const cache = await caches.open(KEPT);
  try {
    const fresh = await fetch(request, { signal: AbortSignal.timeout(2000) });
    if (fresh.ok) await cache.put(path, fresh.clone());
    if (fresh.ok) return fresh;
  } catch {
    // no network
  }
  return (await cache.match(path)) ?? Response.error();
}
