// The worker around the module. It stands behind the module's bindings in one file, which the
// site's builder puts together; `{wasm}` becomes the module's name.
//
// In: { id, op, text }. Out: { id, ok } or { id, error }; { died } when the module is no more: it
// did not load, trapped, or was told to end, for its memory never shrinks.
const ready = wasm_bindgen({ module_or_path: new URL("{wasm}", self.location.href) });

self.onmessage = async ({ data: { id, op, text } }) => {
    try {
        await ready;
        if (op === "end") return self.postMessage({ died: "it was told to end" });
        self.postMessage({ id, ok: wasm_bindgen.perform(op, text) });
    } catch (error) {
        // The module's own errors are strings.
        const said = typeof error === "string";
        self.postMessage(said ? { id, error } : { died: String(error?.message ?? error) });
    }
};
