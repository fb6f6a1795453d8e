// Makes scenario blocks live, and starts the playground on its own page.
//
// The element that loads this file says where the WebAssembly modules are (data-module, data-wasm,
// data-styles, data-tools…, data-aside, data-offline: names in the site's root, written by the
// site's builder). Without them, as in a book built by mdBook alone, every block stays as it is:
// text and diagram.
(() => {
    "use strict";

    const self = document.currentScript;
    const root = new URL("../", self.src);
    const { module, wasm, styles = "", tools, toolsWasm, toolsStyles, aside, offline } = self.dataset;
    const ownPage = document.documentElement.dataset.page === "playground";

    // One module for all blocks of a page, and none for a page that never shows one.
    let loading = null;
    function load() {
        loading ??= Promise.all([start(module, wasm), ...styles.split(" ").filter(Boolean).map(style)])
            .then(([bindings]) => bindings);
        return loading;
    }

    async function start(module, wasm) {
        const bindings = await import(new URL(module, root).href);
        await bindings.default({ module_or_path: new URL(wasm, root) });
        return bindings;
    }

    function style(name) {
        return new Promise((done, failed) => {
            const link = document.createElement("link");
            link.rel = "stylesheet";
            link.href = new URL(name, root).href;
            link.onload = done;
            link.onerror = () => failed(new Error(`${name} did not load`));
            document.head.append(link);
        });
    }

    // The tools: a module of their own, loaded when the first is opened, and again if it did not
    // come, or `anew` if the one that came stopped. Browsers remember a module by its URL, and some
    // that it did not come. The page asks through web/src/components/outside.rs.
    let toolsLoading = null;
    let toolsAsked = 0;
    globalThis.vfioIrqTools = async (place, ask, anew) => {
        if (anew) toolsLoading = null;
        if (!tools) throw new Error("this site was built without its tools");
        const again = toolsAsked > 0 ? `?${toolsAsked}` : "";
        toolsLoading ??= (++toolsAsked, Promise.all([start(tools + again, toolsWasm), style(toolsStyles)]));
        try {
            const [bindings] = await toolsLoading;
            return bindings.mount_tools(place, ask);
        } catch (error) {
            toolsLoading = null;
            console.error(error);
            throw error;
        }
    };

    // The third module, in a worker: started when it is first asked, and again after it died.
    // The page asks through web/src/aside.rs; an answer is a string, and so is an error.
    let worker = null;
    let last = 0;
    const asked = new Map();
    const MOST_ASKED = 8;
    globalThis.vfioIrqAside = (op, text) => new Promise((done, failed) => {
        if (!aside) return failed("this site was built without its worker");
        if (asked.size >= MOST_ASKED) return failed("still busy with what was asked before");
        asked.set(++last, { done, failed });
        try {
            worker ??= begun();
            worker.postMessage({ id: last, op, text });
        } catch (error) {
            stop(error.message);
        }
    });

    function begun() {
        const worker = new Worker(new URL(aside, root));
        worker.onmessage = ({ data }) => {
            if ("died" in data) return stop(data.died);
            const { done, failed } = asked.get(data.id);
            asked.delete(data.id);
            "ok" in data ? done(data.ok) : failed(data.error);
        };
        worker.onerror = (event) => stop(event.message ?? "it did not load");
        return worker;
    }

    // Ends the worker: nobody waits for it for ever.
    function stop(why) {
        worker?.terminate();
        worker = null;
        for (const { failed } of asked.values()) failed(`The part that does this stopped (${why}).`);
        asked.clear();
    }

    // A block that goes live changes its height. Until the reader scrolls, the rule a link named
    // stays where the link put it.
    let named = null;
    function keepNamed() {
        let id = location.hash.slice(1);
        try {
            id = decodeURIComponent(id);
        } catch { /* Not encoded, or wrongly: then it is the id as it stands. */ }
        named = id ? document.getElementById(id) : null;
    }
    function letGo() {
        named = null;
    }
    function scrollBack() {
        named?.scrollIntoView({ behavior: "instant", block: "start" });
    }

    async function mount(block) {
        try {
            const bindings = await load();
            const live = block.querySelector(".vfio-irq-live");
            bindings.mount_block(live, block.dataset.scenario, block.dataset.options);
            block.classList.add("is-live");
        } catch (error) {
            say(block, "The live form of this scenario did not load; text and diagram are complete.", error);
        }
    }

    function say(place, text, error) {
        console.error(error);
        const note = document.createElement("p");
        note.className = "vfio-irq-note";
        note.setAttribute("role", "status");
        note.textContent = `${text} (${error?.message ?? error})`;
        place.prepend(note);
    }

    // Arrow keys and letters in a block are the block's: mdBook would turn the page.
    function keepKeys(block) {
        block.addEventListener("keydown", (event) => event.stopPropagation());
    }

    function watchBlocks() {
        const blocks = document.querySelectorAll(".vfio-irq-block");
        blocks.forEach(keepKeys);
        const printed = location.pathname.endsWith("/print.html");
        if (!module || printed || blocks.length === 0) return;
        const observer = new IntersectionObserver((entries) => {
            for (const { isIntersecting, target } of entries) {
                if (!isIntersecting) continue;
                observer.unobserve(target);
                mount(target);
            }
        }, { rootMargin: "200px" });
        // The front page's block begins at once: it is what the page opens with.
        const isFront = (block) => JSON.parse(block.dataset.options).front === true;
        blocks.forEach((block) => isFront(block) ? mount(block) : observer.observe(block));

        keepNamed();
        addEventListener("hashchange", keepNamed);
        for (const act of ["wheel", "touchmove", "keydown", "pointerdown"]) {
            addEventListener(act, letGo, { passive: true, capture: true });
        }
        const sizes = new ResizeObserver(scrollBack);
        blocks.forEach((block) => sizes.observe(block));
    }

    // What scrolls sideways has to be reached by keys, and so has mdBook's button for the sidebar,
    // in which a label does the work (see the builder, site/access.rs).
    function reach() {
        for (const box of document.querySelectorAll("main :is(.table-wrapper, pre, pre > code)")) {
            if (box.closest(".vfi")) continue;
            if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
            else box.removeAttribute("tabindex");
        }
    }

    // The link beside a clause's id: its address is copied, too, and that is said. Where nothing can
    // be copied (no secure context, not allowed) it stays a link, and is named so. The table of
    // clauses links to another page, which is not opened when the address was copied.
    function copyLinks() {
        if (!navigator.clipboard) return;
        for (const link of document.querySelectorAll(".vfio-irq-link")) {
            link.ariaLabel = link.ariaLabel.replace("Link", "Copy link");
        }
        const said = document.createElement("p");
        said.className = "vfio-irq-said";
        said.setAttribute("role", "status");
        document.body.append(said);
        // A text that stands there already is not said again: the place is emptied before.
        let next;
        function tell(text) {
            clearTimeout(next);
            said.textContent = "";
            next = setTimeout(() => {
                said.textContent = text;
                next = setTimeout(() => said.textContent = "", 3000);
            }, 50);
        }
        document.addEventListener("click", async (event) => {
            const link = event.target.closest?.(".vfio-irq-link");
            if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
            const here = location.href.split(/[?#]/)[0];
            const address = link.href.replace(/\?[^#]*/, "");
            if (!address.startsWith(`${here}#`)) event.preventDefault();
            try {
                await navigator.clipboard.writeText(address);
            } catch {
                location.href = address;
                return;
            }
            tell(`Copied: ${address}`);
        });
    }
    function startChapter() {
        copyLinks();
        document.getElementById("mdbook-sidebar-toggle")?.addEventListener("keydown", (event) => {
            if (event.key !== "Enter" && event.key !== " ") return;
            event.preventDefault();
            event.currentTarget.querySelector("label")?.click();
        });
        reach();
        addEventListener("load", reach);
        addEventListener("resize", reach);
        watchBlocks();
    }

    // What mdBook does on its pages: the reader's theme, or the one their system prefers.
    function followTheme() {
        const themes = ["light", "rust", "coal", "navy", "ayu"];
        const dark = matchMedia("(prefers-color-scheme: dark)");
        const apply = () => {
            let theme = null;
            try {
                theme = localStorage.getItem("mdbook-theme");
            } catch { /* No storage: the system's theme. */ }
            if (!themes.includes(theme)) theme = dark.matches ? "navy" : "light";
            document.documentElement.classList.remove(...themes);
            document.documentElement.classList.add(theme, "js");
        };
        apply();
        dark.addEventListener("change", apply);
        addEventListener("storage", apply);
    }

    function startOwnPage() {
        load().catch((error) => {
            const place = document.getElementById("vfio-irq-playground");
            say(place, "The playground did not load. Reloading the page may help.", error);
        });
    }

    // Once the page has what it wants, the whole site is kept for a time without a network; unless
    // the reader pays for every byte.
    if (offline && navigator.serviceWorker && !navigator.connection?.saveData) {
        addEventListener("load", () => {
            navigator.serviceWorker.register(new URL(offline, root)).catch(() => {});
        });
    }

    if (ownPage) followTheme();
    const begin = ownPage ? startOwnPage : startChapter;
    if (document.readyState === "loading") {
        document.addEventListener("DOMContentLoaded", begin);
    } else {
        begin();
    }
})();
