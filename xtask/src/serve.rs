//! `cargo xtask serve`: the site with live reload.

use crate::command::{self, command};
use anyhow::{Context, Result, bail};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::process::parent_id;
use std::process::Command;
use std::time::{Duration, Instant};

/// What the command line says.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct Options {
    port: u16,
    release: bool,
}

impl Options {
    /// Reads `[--port N] [--release]`.
    pub(crate) fn parse(arguments: &[&str]) -> Result<Options> {
        let mut options = Options { port: 8080, release: false };
        let mut rest = arguments.iter();
        while let Some(&argument) = rest.next() {
            let (name, value) = match argument.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (argument, None),
            };
            match name {
                "--release" => options.release = true,
                "--port" | "-p" => {
                    let value = value.or_else(|| rest.next().copied());
                    let value = value.context("--port needs a number")?;
                    options.port =
                        value.parse().ok().filter(|port| *port != 0).with_context(|| {
                            format!("--port {value}: not a number of 1 to 65535")
                        })?;
                }
                other => bail!("unknown option {other}; known are --port N and --release"),
            }
        }
        Ok(options)
    }
}

/// Builds, serves, watches; ends when trunk does.
pub(crate) fn run(options: &Options) -> Result<()> {
    let port = options.port;
    if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_err() {
        bail!(
            "port {port} is taken; choose another: cargo xtask serve --port {}",
            port.checked_add(1).unwrap_or(8080)
        );
    }
    crate::setup::for_site()?;
    crate::site::prepare()?;

    announce_later(port)?;
    let number = port.to_string();
    let mut arguments = vec!["serve", "--port", &number];
    if options.release {
        arguments.push("--release");
    }
    // Trunk takes our place: whoever ends this process ends the server.
    command::replace(&mut command("trunk", &arguments))
}

/// Starts this program once more beside trunk, to say when the site is there: trunk's own message
/// drowns in its log.
fn announce_later(port: u16) -> Result<()> {
    let program = std::env::current_exe().context("cannot find this program")?;
    Command::new(program)
        .args(["announce", &port.to_string()])
        .spawn()
        .context("cannot start this program a second time")?;
    Ok(())
}

/// Waits until the port answers, and says so. Ends, too, when the process that started it does.
pub(crate) fn announce(port: &str) -> Result<()> {
    let port: u16 = port.parse().context("announce needs a port")?;
    let (started, parent) = (Instant::now(), parent_id());
    while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
        std::thread::sleep(Duration::from_millis(100));
        if parent_id() != parent {
            return Ok(());
        }
    }
    let seconds = started.elapsed().as_secs_f32();
    println!(
        "\nBook:       http://localhost:{port}/\n\
         Playground: http://localhost:{port}/playground.html\n\
         Built in {seconds:.1} s. Every change is built and the page reloaded; Ctrl-C ends.\n"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Options;

    #[test]
    fn options_with_port_parse_both_spellings() {
        let expected = Options { port: 9000, release: false };
        assert_eq!(Options::parse(&["--port", "9000"]).unwrap(), expected);
        assert_eq!(Options::parse(&["--port=9000"]).unwrap(), expected);
    }

    #[test]
    fn options_with_wrong_port_name_it() {
        let error = Options::parse(&["--port", "many"]).unwrap_err().to_string();
        assert!(error.contains("many"), "{error}");
    }
}
