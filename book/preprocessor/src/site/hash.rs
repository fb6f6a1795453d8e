//! SHA-256 of what is published: in file names, in the page's policy, in the site's version.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// A SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Hash([u8; 32]);

impl Hash {
    /// The hash of some bytes.
    pub(super) fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Enough of it for a file's name, in hexadecimal.
    pub(super) fn short(&self) -> String {
        let mut text = String::new();
        for byte in &self.0[..8] {
            write!(text, "{byte:02x}").expect("a String takes everything");
        }
        text
    }

    /// As a Content-Security-Policy names a script or style (CSP level 3, "hash-source").
    pub(super) fn source(&self) -> String {
        format!("'sha256-{}'", STANDARD.encode(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::Hash;

    // The hash of nothing, from `sha256sum` and `openssl dgst -sha256 -binary | base64`.
    #[test]
    fn hash_of_nothing_is_the_known_one() {
        let hash = Hash::of(b"");
        assert_eq!(hash.short(), "e3b0c44298fc1c14");
        assert_eq!(hash.source(), "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='");
    }
}
