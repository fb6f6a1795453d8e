//! A static file server as plain as any, under a sub-path, that remembers what it was asked for.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

/// The site is not at the server's root: nothing in it may suppose so.
const PREFIX: &str = "/some/where/";

/// A running server. It ends with the test program.
pub(super) struct Server {
    /// The site's address, ending in a slash.
    pub(super) base: String,
    asked: Arc<Mutex<Vec<String>>>,
    stopped: Arc<AtomicBool>,
}

/// What is served.
#[derive(Clone)]
struct Site {
    folder: PathBuf,
    /// Files with this in their names are not found.
    missing: Option<&'static str>,
    asked: Arc<Mutex<Vec<String>>>,
    stopped: Arc<AtomicBool>,
}

impl Server {
    /// Serves a folder on a free port. Files whose names contain `missing` are not found.
    pub(super) fn start(folder: &Path, missing: Option<&'static str>) -> std::io::Result<Server> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let base = format!("http://{}{PREFIX}", listener.local_addr()?);
        let asked = Arc::new(Mutex::new(Vec::new()));
        let stopped = Arc::new(AtomicBool::new(false));
        let site = Site {
            folder: folder.to_owned(),
            missing,
            asked: Arc::clone(&asked),
            stopped: Arc::clone(&stopped),
        };
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let site = site.clone();
                thread::spawn(move || site.answer(stream));
            }
        });
        Ok(Server { base, asked, stopped })
    }

    /// Answers nothing from now on: the reader has lost the network.
    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// How many requests pages made for files with this suffix; what the service worker keeps for
    /// later is not the pages'.
    pub(super) fn count(&self, suffix: &str) -> usize {
        self.count_of("", suffix)
    }

    /// How many of them for files whose names begin so.
    pub(super) fn count_of(&self, prefix: &str, suffix: &str) -> usize {
        let asked = self.asked.lock().expect("no thread panics while it holds the list");
        asked.iter().filter(|path| path.starts_with(prefix) && path.ends_with(suffix)).count()
    }
}

impl Site {
    /// Answers one request. A client that goes away in the middle is no concern of ours.
    fn answer(&self, mut stream: TcpStream) -> Option<()> {
        let mut reader = BufReader::new(stream.try_clone().ok()?);
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let mut header = String::new();
        let mut for_later = false;
        while reader.read_line(&mut header).ok()? > 2 {
            let lower = header.to_ascii_lowercase();
            for_later |= lower.starts_with("referer:") && lower.trim_end().ends_with("/offline.js");
            header.clear();
        }
        if self.stopped.load(Ordering::Relaxed) {
            return None;
        }
        let target = line.split_whitespace().nth(1)?;
        let path = target.split(['?', '#']).next()?;
        let (status, kind, body) = match self.file(path, for_later) {
            Some((kind, body)) => ("200 OK", kind, body),
            None => ("404 Not Found", "text/plain", b"not found".to_vec()),
        };
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\
             Cache-Control: no-store\r\nConnection: close\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).ok()?;
        stream.write_all(&body).ok()
    }

    fn file(&self, path: &str, for_later: bool) -> Option<(&'static str, Vec<u8>)> {
        let name = path.strip_prefix(PREFIX)?;
        if !for_later {
            self.asked.lock().ok()?.push(name.to_owned());
        }
        let name = if name.is_empty() || name.ends_with('/') {
            format!("{name}index.html")
        } else {
            name.to_owned()
        };
        let refused = self.missing.is_some_and(|part| name.contains(part));
        if refused || name.split('/').any(|part| part == "..") {
            return None;
        }
        let kind = match name.rsplit('.').next()? {
            "html" => "text/html; charset=utf-8",
            "js" => "text/javascript; charset=utf-8",
            "css" => "text/css; charset=utf-8",
            "wasm" => "application/wasm",
            "svg" => "image/svg+xml",
            "png" => "image/png",
            "json" => "application/json",
            _ => "application/octet-stream",
        };
        Some((kind, fs::read(self.folder.join(name)).ok()?))
    }
}
