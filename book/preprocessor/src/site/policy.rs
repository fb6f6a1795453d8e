//! The Content-Security-Policy of every page, before everything that loads or runs: right behind its
//! charset, which HTML wants within the first [1,024 bytes](CHARSET), or first where there is none.
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

/// How a page says how it is written; browsers look for it in the first 1,024 bytes (HTML, "Specifying
/// the document's character encoding").
const CHARSET: &str = "<meta charset=";

/// The page with its policy.
pub(super) fn put(html: &str) -> String {
    let scripts = sources(html, "script");
    let styles = sources(html, "style");
    let policy = format!(
        "<meta http-equiv=\"Content-Security-Policy\" content=\"{REST}; \
         script-src 'self' 'wasm-unsafe-eval'{scripts}; style-src-elem 'self'{styles}; \
         style-src-attr 'unsafe-inline'\">"
    );
    let Some(head) = html.find("<head>").map(|at| at + "<head>".len()) else {
        return html.to_owned();
    };
    let charset = html[head..].find(CHARSET).and_then(|at| {
        let end = head + at + html[head + at..].find('>')? + 1;
        // Nothing that is loaded or run before the policy is known: only white space and comments.
        let blank = without_comments(&html[head..head + at]).trim().is_empty();
        blank.then(|| (&html[head + at..end], [&html[head..head + at], &html[end..]].concat()))
    });
    let (charset, rest) = charset.unwrap_or(("", html[head..].to_owned()));
    [&html[..head], charset, &policy, &rest].concat()
}

fn without_comments(html: &str) -> String {
    let mut parts = html.split("<!--");
    let first = parts.next().unwrap_or_default().to_owned();
    first
        + &parts
            .map(|part| part.split_once("-->").map_or("<", |(_, rest)| rest))
            .collect::<String>()
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

    #[test]
    fn charset_stands_before_the_policy_and_a_comment_behind() {
        let long = "x".repeat(1000);
        let page =
            put(&format!("<html><head>\n<!-- {long} -->\n<meta charset=\"UTF-8\">\n<title>"));
        let start =
            "<html><head><meta charset=\"UTF-8\"><meta http-equiv=\"Content-Security-Policy\"";
        assert!(page.starts_with(start), "{page}");
        assert!(page.ends_with(&format!("\n<!-- {long} -->\n\n<title>")), "{page}");
        assert_eq!(page.matches("charset").count(), 1);
    }

    #[test]
    fn charset_behind_something_that_is_loaded_stays_behind_the_policy() {
        let page = put("<head><script src=\"a.js\"></script><meta charset=\"UTF-8\">");
        assert!(page.starts_with("<head><meta http-equiv="), "{page}");
    }
}
