//! Archives in cpio's `newc` format, as the kernel's initramfs reads them
//! (Documentation/driver-api/early-userspace/buffer-format). Left out: links, devices and times.

use std::collections::BTreeSet;

const FILE: u32 = 0o100_000;
const FOLDER: u32 = 0o040_000;

/// An archive being written. Folders above a file are made on their own, before it.
#[derive(Debug, Default)]
pub struct Archive {
    bytes: Vec<u8>,
    folders: BTreeSet<String>,
    entries: u32,
}

impl Archive {
    /// Adds a file with its permissions, for example `0o755`.
    pub fn file(&mut self, path: &str, permissions: u32, content: &[u8]) {
        let path = path.trim_start_matches('/');
        if let Some((parent, _)) = path.rsplit_once('/') {
            self.folder(parent);
        }
        self.entry(path, FILE | permissions, content);
    }

    /// Adds a folder, and those above it.
    pub fn folder(&mut self, path: &str) {
        let path = path.trim_matches('/');
        if path.is_empty() || self.folders.contains(path) {
            return;
        }
        if let Some((parent, _)) = path.rsplit_once('/') {
            self.folder(parent);
        }
        self.folders.insert(path.to_owned());
        self.entry(path, FOLDER | 0o755, &[]);
    }

    /// The finished archive. The kernel reads several in a row, later files in place of earlier.
    pub fn finish(mut self) -> Vec<u8> {
        self.entry("TRAILER!!!", 0, &[]);
        self.bytes
    }

    fn entry(&mut self, name: &str, mode: u32, content: &[u8]) {
        self.entries += 1;
        let size = u32::try_from(content.len()).expect("nothing a guest of 384 MiB can hold");
        let name_size = name.len() as u32 + 1;
        let links = 1;
        let fields = [self.entries, mode, 0, 0, links, 0, size, 0, 0, 0, 0, name_size, 0];
        self.bytes.extend_from_slice(b"070701");
        for field in fields {
            self.bytes.extend_from_slice(format!("{field:08x}").as_bytes());
        }
        self.bytes.extend_from_slice(name.as_bytes());
        self.bytes.push(0);
        self.pad();
        self.bytes.extend_from_slice(content);
        self.pad();
    }

    fn pad(&mut self) {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_in_a_folder_is_laid_out_as_the_format_says() {
        let mut archive = Archive::default();
        archive.file("/a/b", 0o755, b"hello");
        let bytes = archive.finish();
        let header = |mode: &str, ino: u32, size: &str, name: &str| {
            format!(
                "070701{ino:08x}{mode}000000000000000000000001000000000000{size}\
                 00000000000000000000000000000000{name}00000000"
            )
        };
        let mut expected = header("000041ed", 1, "0000", "00000002").into_bytes();
        expected.extend_from_slice(b"a\0");
        expected.resize(expected.len().next_multiple_of(4), 0);
        expected.extend_from_slice(header("000081ed", 2, "0005", "00000004").as_bytes());
        expected.extend_from_slice(b"a/b\0");
        expected.resize(expected.len().next_multiple_of(4), 0);
        expected.extend_from_slice(b"hello\0\0\0");
        expected.extend_from_slice(header("00000000", 3, "0000", "0000000b").as_bytes());
        expected.extend_from_slice(b"TRAILER!!!\0\0\0\0");
        assert_eq!(String::from_utf8_lossy(&bytes), String::from_utf8_lossy(&expected));
    }

    #[test]
    fn folder_of_two_files_is_written_once() {
        let mut archive = Archive::default();
        archive.file("s/1", 0o644, b"");
        archive.file("s/2", 0o644, b"");
        archive.folder("/s/");
        let text = String::from_utf8(archive.finish()).expect("ascii");
        assert_eq!(text.matches("070701").count(), 4);
    }
}
