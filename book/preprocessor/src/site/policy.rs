//! The Content-Security-Policy of every page, as its first element.
//!
//! Scripts are the site's own files, and mdBook's inline scripts by their hashes; nothing else runs,
//! and nothing is loaded from or sent to another host. Styles are files, and the diagrams' style
//! elements by their hashes. Style *attributes* are let be: mdBook writes some into its pages, and
//! the playground places its bands and rows by them; an attribute can hold no rule and no address.
//!
//! Left out, because a policy in a page can't say them: `frame-ancestors` and reports.

use super::hash::Hash;

/// What may come from where, but for scripts and styles.
const REST: &str = "default-src 'none'; connect-src 'self'; worker-src 'self'; \
                    img-src 'self' data: blob:; font-src 'self'; frame-src 'self'; \
                    manifest-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'";

/// The page with its policy.
pub(super) fn put(html: &str) -> String {
    let scripts = sources(html, "script");
    let styles = sources(html, "style");
    let policy = format!(
        "<meta http-equiv=\"Content-Security-Policy\" content=\"{REST}; \
         script-src 'self' 'wasm-unsafe-eval'{scripts}; style-src-elem 'self'{styles}; \
         style-src-attr 'unsafe-inline'\">"
    );
    html.replacen("<head>", &format!("<head>{policy}"), 1)
}

/// The hashes of a page's inline elements of one kind, each once, each after a space.
fn sources(html: &str, element: &str) -> String {
    let mut found: Vec<String> = Vec::new();
    let (open, close) = (format!("<{element}"), format!("</{element}>"));
    for part in html.split(&open).skip(1) {
        let Some((attributes, rest)) = part.split_once('>') else { continue };
        if !attributes.is_empty() && !attributes.starts_with([' ', '\n', '\t']) {
            // Another element whose name begins so.
            continue;
        }
        let Some((text, _)) = rest.split_once(&close) else { continue };
        if attributes.contains(" src=") {
            continue;
        }
        let source = Hash::of(text.as_bytes()).source();
        if !found.contains(&source) {
            found.push(source);
        }
    }
    found.iter().map(|source| format!(" {source}")).collect()
}

#[cfg(test)]
mod tests {
    use super::put;

    // From `printf 'a()' | openssl dgst -sha256 -binary | base64`.
    const HASH: &str = "'sha256-qVpDBgj7bpq5hMAcGp3AOc79J3Y1Z4HvySTwKrWDoy4='";

    #[test]
    fn policy_names_inline_scripts_by_hash_once() {
        let page = "<head></head><script src=\"a.js\"></script><script>a()</script>\
                    <scripted>a()</scripted><script>a()</script>";
        let page = put(page);
        assert_eq!(page.matches("'sha256-").count(), 1, "{page}");
        assert!(page.contains(&format!("'wasm-unsafe-eval' {HASH};")), "{page}");
        assert!(!page.contains("script-src 'unsafe-inline'"), "{page}");
    }

    #[test]
    fn policy_is_the_first_element_of_the_head() {
        let page = put("<html><head>\n<link rel=\"stylesheet\" href=\"a.css\"></head>");
        assert!(page.starts_with("<html><head><meta http-equiv=\"Content-Security-Policy\""));
    }
}
