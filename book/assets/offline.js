// The service worker: the site without a network, from the second visit on.
//
// The site's builder fills in the version (a hash of every file) and the files, pages with their
// integrity: [name] or [name, hash]. All of a version is kept in one cache, or nothing of it.
//
// - A page comes from the network, and from the cache when there is none: who is connected sees
//   the newest. It is not kept: it may be of a newer version than the cache.
// - Everything else has a hash in its name, so a kept one is right, whichever version asks for it.
// - A new version waits until no page of the old one is open, then removes the old cache: an open
//   page finds what it has yet to load.
const VERSION = "{version}";
const FILES = [/* files */];

// Other sites of this host keep their caches in the same store.
const OURS = `vfio-irq ${registration.scope} `;
const CACHE = OURS + VERSION;

addEventListener("install", (event) => event.waitUntil(keep()));
addEventListener("activate", (event) => event.waitUntil(removeOld()));
addEventListener("fetch", (event) => {
    const { request } = event;
    if (request.method !== "GET" || !request.url.startsWith(registration.scope)) return;
    event.respondWith(request.mode === "navigate" ? page(request) : file(request));
});

async function keep() {
    const cache = await caches.open(CACHE);
    const asked = FILES.map(([name, integrity]) =>
        new Request(name, integrity ? { integrity, cache: "reload" } : {}));
    try {
        await cache.addAll(asked);
    } catch (error) {
        await caches.delete(CACHE);
        throw error;
    }
}

async function removeOld() {
    const names = await caches.keys();
    const old = names.filter((name) => name.startsWith(OURS) && name !== CACHE);
    await Promise.all(old.map((name) => caches.delete(name)));
}

async function page(request) {
    let failure;
    try {
        const response = await fetch(request);
        if (response.status < 500) return response;
        failure = response;
    } catch {
        failure = Response.error();
    }
    const url = new URL(request.url);
    const names = url.pathname.endsWith("/") ? ["index.html"] : ["", ".html"];
    const cache = await caches.open(CACHE);
    for (const name of names) {
        const kept = await cache.match(url.origin + url.pathname + name);
        // A server may have answered with a redirection, which a navigation would refuse.
        if (kept) return kept.redirected ? new Response(kept.body, kept) : kept;
    }
    return failure;
}

async function file(request) {
    const cache = await caches.open(CACHE);
    return await cache.match(request, { ignoreSearch: true, ignoreVary: true }) ?? fetch(request);
}
