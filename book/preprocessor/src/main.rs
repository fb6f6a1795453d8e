//! `mdbook-vfio-irq`: the preprocessor as mdBook starts it, and `site`, the hook of trunk.

use anyhow::{Result, bail};
use mdbook_preprocessor::Preprocessor;
use std::io::{IsTerminal, stderr, stdin, stdout};
use std::path::Path;
use std::process::ExitCode;
use tracing_subscriber::filter::LevelFilter;
use vfio_irq_book::coverage::{self, Matrix};
use vfio_irq_book::preprocess::VfioIrq;
use vfio_irq_book::site;

const HELP: &str = "\
mdBook starts this program as a preprocessor, trunk as a hook:

  mdbook-vfio-irq                    read a book from standard input, run its
                                     scenario blocks, print the book
  mdbook-vfio-irq supports RENDERER  whether this renderer's book has live blocks
  mdbook-vfio-irq clauses            print what of the clauses is covered, and fail
                                     on a gap: `cargo xtask clauses`
  mdbook-vfio-irq site               build the book into TRUNK_STAGING_DIR, beside
                                     the playground that trunk has put there
  mdbook-vfio-irq book FOLDER        build the book alone into FOLDER, which is
                                     emptied before
";

fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_max_level(LevelFilter::WARN)
        .with_writer(stderr)
        .with_ansi(stderr().is_terminal())
        .without_time()
        .with_target(false)
        .init();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&arguments) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[&str]) -> Result<ExitCode> {
    match arguments {
        [] if stdin().is_terminal() => print!("{HELP}"),
        [] => {
            let (context, book) = mdbook_preprocessor::parse_input(stdin())?;
            serde_json::to_writer(stdout(), &VfioIrq.run(&context, book)?)?;
        }
        ["supports", renderer] if VfioIrq.supports_renderer(renderer)? => {}
        ["supports", _] => return Ok(ExitCode::FAILURE),
        ["clauses"] => {
            let matrix = Matrix::read(root())?;
            print!("{}", coverage::text::text(&matrix));
            return Ok(if matrix.gaps.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        ["site"] => site::build_for_trunk()?,
        ["book", folder] => site::build_book(Path::new("book"), Path::new(folder))?,
        ["help" | "--help" | "-h"] => print!("{HELP}"),
        [other, ..] => bail!("unknown argument {other:?}\n\n{HELP}"),
    }
    Ok(ExitCode::SUCCESS)
}

/// The repository's root.
fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).expect("the crate is book/preprocessor of the repository")
}
