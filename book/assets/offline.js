// The service worker: the site without a network, from the second visit on.
//
// The site's builder fills in the version (a hash of every file) and the files, pages with their
// integrity: [name] or [name, hash]. All of a version is kept in one cache, or nothing of it.
//
// - A page comes from the network, and from the cache when there is none: who is connected sees
//   the newest. It is not kept: it may be of a newer version than the cache.
// - Everything else has a hash in its name, so a kept one is right, whichever version asks for it, and
//   whichever has kept it.
// - A new version waits until no page of the old one is open, then removes the old cache: an open
//   page finds what it has yet to load.
// - A version that could not be kept, say because the host alters its pages on their way, is tried
//   again only after a day: it is the whole site each time.
const VERSION = "{version}";
const FILES = [/* files */];

// Other sites of this host keep their caches in the same store.
const OURS = `vfio-irq ${registration.scope} `;
const CACHE = OURS + VERSION;
// Holds which version could not be kept, and when that was. No version's cache: nothing removes it.
const FAILED = `vfio-irq-failed ${registration.scope}`;
const DAY = 24 * 60 * 60 * 1000;

addEventListener("install", (event) => event.waitUntil(keep()));
addEventListener("activate", (event) => event.waitUntil(removeOld()));
addEventListener("fetch", (event) => {
    const { request } = event;
    if (request.method !== "GET" || !request.url.startsWith(registration.scope)) return;
    event.respondWith(request.mode === "navigate" ? page(request) : file(request));
});

async function keep() {
    const failed = await caches.match("failed", { cacheName: FAILED });
    const [version, time] = (await failed?.text())?.split(" ") ?? [];
    if (version === VERSION && Math.abs(Date.now() - time) < DAY) {
        throw new Error("this version could not be kept, less than a day ago");
    }
    const cache = await caches.open(CACHE);
    const asked = FILES.map(([name, integrity]) =>
        new Request(name, integrity ? { integrity, cache: "reload" } : {}));
    try {
        await cache.addAll(asked);
    } catch (error) {
        await caches.delete(CACHE);
        const failed = await caches.open(FAILED);
        await failed.put("failed", new Response(`${VERSION} ${Date.now()}`));
        throw error;
    }
    await caches.delete(FAILED);
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
    return await kept(request, [CACHE])
        // A page of a version that waits: its files are in that version's cache.
        ?? await kept(request, (await caches.keys()).filter((name) => name.startsWith(OURS)))
        ?? fetch(request);
}

async function kept(request, names) {
    for (const name of names) {
        const cache = await caches.open(name);
        const found = await cache.match(request, { ignoreSearch: true, ignoreVary: true });
        if (found) return found;
    }
}
