//! Chromium through its chromedriver, Firefox through geckodriver: one of each for a test, so that tests don't meet.

use super::server::Server;
use anyhow::{Context, Result, bail, ensure};
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// How a page is looked at.
#[derive(Clone, Copy)]
pub(super) struct Look {
    /// Width and height in CSS pixels.
    pub(super) size: (u32, u32),
    /// Whether scripts run.
    pub(super) scripts: bool,
}

/// A desktop's window.
pub(super) const DESKTOP: Look = Look { size: (1280, 900), scripts: true };
/// A narrow telephone.
pub(super) const PHONE: Look = Look { size: (375, 812), scripts: true };

/// An open browser with the site's address.
pub(super) struct Page<'a> {
    /// The session.
    pub(super) client: Client,
    server: &'a Server,
}

/// Opens a browser, runs a test in it, and closes it, whatever the test's end.
pub(super) fn with_page(
    server: &Server,
    look: Look,
    test: impl AsyncFnOnce(&Page<'_>) -> Result<()>,
) -> Result<()> {
    // Dropped after the session, and when the test panics: ends what is left of the browser.
    let profile = Profile::new()?;
    let driver = Driver::start("chromedriver", "started successfully on port ")?;
    let capabilities = capabilities(look, &profile.folder);
    session(server, &driver, capabilities, async |page| {
        test(page).await?;
        page.keeps_its_policy().await
    })
}

/// The same in Firefox, by geckodriver, which knows nothing of the console.
pub(super) fn with_firefox(
    server: &Server,
    test: impl AsyncFnOnce(&Page<'_>) -> Result<()>,
) -> Result<()> {
    let profile = Profile::new()?;
    let driver = Driver::start("geckodriver", "Listening on 127.0.0.1:")?;
    let capabilities = json!({
        "browserName": "firefox",
        "moz:firefoxOptions": {
            "binary": firefox()?,
            "args": ["-headless", "-profile", profile.folder],
        },
    });
    session(server, &driver, capabilities, test)
}

/// Debian's Firefox, or one of the plain name.
fn firefox() -> Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = ["firefox-esr", "firefox"].into_iter().find_map(|name| {
        std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
    });
    found.context("there is no Firefox; `cargo xtask setup` installs Debian's firefox-esr")
}

fn session(
    server: &Server,
    driver: &Driver,
    capabilities: Value,
    test: impl AsyncFnOnce(&Page<'_>) -> Result<()>,
) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let capabilities = capabilities.as_object().expect("written as an object").clone();
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&driver.url)
            .await
            .context("the driver opened no browser")?;
        let page = Page { client: client.clone(), server };
        let outcome = test(&page).await;
        client.close().await.context("the browser did not close")?;
        outcome
    })
}

fn capabilities(look: Look, profile: &Path) -> Value {
    let (width, height) = look.size;
    let mut arguments: Vec<String> = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-dev-shm-usage",
        "--hide-scrollbars",
        "--enable-precise-memory-info",
        // Who asks for another host fails, and the console says so.
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    ]
    .map(str::to_owned)
    .to_vec();
    arguments.push(format!("--user-data-dir={}", profile.display()));
    arguments.push(format!("--window-size={width},{height}"));
    if !look.scripts {
        arguments.push("--blink-settings=scriptEnabled=false".to_owned());
    }
    let mut options = json!({ "args": arguments });
    if width < 500 {
        // A desktop's window can't be that narrow.
        options["mobileEmulation"] = json!({
            "deviceMetrics": { "width": width, "height": height, "pixelRatio": 2.0 }
        });
    }
    json!({
        "browserName": "chrome",
        "goog:chromeOptions": options,
        "goog:loggingPrefs": { "browser": "ALL" },
    })
}

impl Page<'_> {
    /// Opens a page of the site.
    pub(super) async fn open(&self, path: &str) -> Result<()> {
        let url = format!("{}{path}", self.server.base);
        self.client.goto(&url).await.with_context(|| format!("cannot open {url}"))
    }

    /// Has a script run in every page that is opened from now on, before the page's own.
    pub(super) async fn before_scripts(&self, script: &str) -> Result<()> {
        let body = json!({
            "cmd": "Page.addScriptToEvaluateOnNewDocument",
            "params": { "source": script },
        });
        let command = Vendor { path: "goog/cdp/execute", body };
        self.client.issue_cmd(command).await.context("cannot add a script")?;
        Ok(())
    }

    /// The value of a JavaScript expression.
    pub(super) async fn value(&self, expression: &str) -> Result<Value> {
        self.client
            .execute(&format!("return ({expression});"), Vec::new())
            .await
            .with_context(|| format!("cannot evaluate {expression}"))
    }

    /// Waits until a JavaScript expression is true.
    pub(super) async fn until(&self, expression: &str) -> Result<()> {
        let deadline = Instant::now() + Duration::from_secs(20);
        while self.value(expression).await? != Value::Bool(true) {
            if Instant::now() > deadline {
                let text = self.value("document.body.innerText").await?;
                bail!("20 s passed without {expression}; the page says:\n{text}");
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }

    /// The text of the first element a selector finds, as a reader sees it.
    pub(super) async fn text(&self, selector: &str) -> Result<String> {
        let found = self.value(&format!("document.querySelector({selector:?})?.innerText")).await?;
        let text = found.as_str().with_context(|| format!("the page has no {selector}"))?;
        Ok(text.to_owned())
    }

    /// Keeps a picture of the window in target/screenshots.
    pub(super) async fn screenshot(&self, name: &str) -> Result<()> {
        let folder = crate::root().join("target/screenshots");
        std::fs::create_dir_all(&folder)?;
        let path = folder.join(format!("{name}.png"));
        let picture = self.client.screenshot().await?;
        std::fs::write(&path, picture).with_context(|| format!("cannot write {}", path.display()))
    }

    /// Shows the page as it is printed.
    pub(super) async fn as_printed(&self) -> Result<()> {
        let media = json!({
            "cmd": "Emulation.setEmulatedMedia",
            "params": { "media": "print" },
        });
        let command = Vendor { path: "goog/cdp/execute", body: media };
        self.client.issue_cmd(command).await.context("cannot show the page as printed")?;
        Ok(())
    }

    /// Shows pages from here on as to a reader who asked for less motion.
    pub(super) async fn with_less_motion(&self) -> Result<()> {
        let feature = json!({ "name": "prefers-reduced-motion", "value": "reduce" });
        let media = json!({
            "cmd": "Emulation.setEmulatedMedia",
            "params": { "features": [feature] },
        });
        let command = Vendor { path: "goog/cdp/execute", body: media };
        self.client.issue_cmd(command).await.context("cannot ask for less motion")?;
        Ok(())
    }

    /// Checks that nothing scrolls sideways but what is made to.
    pub(super) async fn fits_its_width(&self) -> Result<()> {
        let found = self
            .value(
                "[document.documentElement.scrollWidth, document.documentElement.clientWidth, \
                 location.pathname, [...document.querySelectorAll('body *')] \
                 .filter((e) => e.getBoundingClientRect().right > innerWidth + 1 \
                     && !e.closest('svg svg, nav.sidebar')) \
                 .slice(-3).map((e) => e.outerHTML.slice(0, 120))]",
            )
            .await?;
        let (wide, window) = (found[0].as_u64(), found[1].as_u64());
        ensure!(wide <= window, "{} is {} wide in {}: {}", found[2], found[0], found[1], found[3]);
        Ok(())
    }

    /// What the console has that is an error, since it was last asked.
    async fn errors(&self) -> Result<Vec<String>> {
        let log = Vendor { path: "se/log", body: json!({ "type": "browser" }) };
        let log = self.client.issue_cmd(log).await.context("no browser log")?;
        let entries = log.as_array().into_iter().flatten();
        let errors = entries.filter(|entry| entry["level"] == "SEVERE");
        Ok(errors.map(|entry| entry["message"].to_string()).collect())
    }

    /// Checks that nothing was refused by the pages' Content-Security-Policy: the end of every
    /// test, those too that expect other errors.
    async fn keeps_its_policy(&self) -> Result<()> {
        let mut errors = self.errors().await?;
        errors.retain(|error| error.contains("Content Security Policy"));
        ensure!(errors.is_empty(), "refused by the page's policy:\n{}", errors.join("\n"));
        Ok(())
    }

    /// Checks that the console has no error, and that every request went to our own server.
    pub(super) async fn is_clean(&self) -> Result<()> {
        let errors = self.errors().await?;
        ensure!(errors.is_empty(), "errors in the console:\n{}", errors.join("\n"));
        let origin = self.value("location.origin").await?;
        let origin = origin.as_str().context("a page has an origin")?.to_owned();
        let loaded =
            self.value("performance.getEntriesByType('resource').map((r) => r.name)").await?;
        for url in loaded.as_array().into_iter().flatten().filter_map(Value::as_str) {
            let own = url.starts_with(&origin) || url.starts_with("data:");
            ensure!(own, "the page loads {url}");
        }
        Ok(())
    }
}

/// A command of chromedriver's own, beside the standard's.
#[derive(Debug)]
struct Vendor {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for Vendor {
    fn endpoint(
        &self,
        base: &url::Url,
        session: Option<&str>,
    ) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _url: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(self.body.to_string()))
    }
}

/// A running chromedriver.
struct Driver {
    child: Child,
    url: String,
}

impl Driver {
    /// Starts chromedriver or geckodriver on a free port, which a line of theirs names behind
    /// `before`. The port may be taken by another between their choosing and their using it: then
    /// they end, and are started again.
    fn start(program: &str, before: &str) -> Result<Driver> {
        for _ in 0..3 {
            if let Some(driver) = Self::try_start(program, before)? {
                return Ok(driver);
            }
        }
        bail!("{program} names no port")
    }

    fn try_start(program: &str, before: &str) -> Result<Option<Driver>> {
        let mut child =
            Command::new(program).arg("--port=0").stdout(Stdio::piped()).spawn().with_context(
                || format!("cannot start {program}; `cargo xtask setup` installs it"),
            )?;
        let output = child.stdout.take().expect("standard output is piped");
        let mut lines = BufReader::new(output).lines().map_while(Result::ok);
        let port = lines.find_map(|line| {
            let (_, port) = line.split_once(before)?;
            port.trim_end_matches('.').parse::<u16>().ok()
        });
        let Some(port) = port else {
            let _ = child.kill();
            let _ = child.wait();
            return Ok(None);
        };
        // Who would wait for a pipe nobody reads?
        std::thread::spawn(move || lines.for_each(drop));
        Ok(Some(Driver { child, url: format!("http://127.0.0.1:{port}") }))
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A fresh user data folder. Its name, in the command line of each process of the browser, tells
/// which are ours when they outlive their test.
struct Profile {
    folder: PathBuf,
}

impl Profile {
    fn new() -> Result<Profile> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("vfio-irq-e2e-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder)?;
        Ok(Profile { folder })
    }

    /// The processes that were started with this folder.
    fn processes(&self) -> Vec<String> {
        let name = self.folder.to_string_lossy().into_owned();
        let ours = |id: &String| {
            let line = std::fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
            String::from_utf8_lossy(&line).contains(&name)
        };
        let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        let ids = entries.filter_map(|entry| entry.file_name().into_string().ok());
        ids.filter(|name| name.bytes().all(|byte| byte.is_ascii_digit())).filter(ours).collect()
    }
}

impl Drop for Profile {
    fn drop(&mut self) {
        for id in self.processes() {
            let _ = Command::new("kill").args(["-9", &id]).stderr(Stdio::null()).status();
        }
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
