//! LLVM's report, read: which lines of which file ran.
//!
//! The form is lcov's: `SF:` begins a file, `DA:LINE,COUNT` is a line that can run.

use std::collections::BTreeMap;
use std::path::Path;

/// Lines that can run, and those that did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Lines {
    pub(super) all: usize,
    pub(super) run: usize,
}

impl Lines {
    pub(super) fn add(&mut self, more: Self) {
        self.all += more.all;
        self.run += more.run;
    }

    /// In per cent.
    pub(super) fn share(self) -> f64 {
        if self.all == 0 { 100.0 } else { 100.0 * self.run as f64 / self.all as f64 }
    }

    pub(super) fn text(self) -> String {
        // Rounded down: 95 is not said of less.
        format!("{:>5.1} % of {:>4}", (self.share() * 10.0).floor() / 10.0, self.all)
    }
}

/// A file.
#[derive(Clone, Debug)]
pub(super) struct File {
    /// From the folder it is looked for in.
    pub(super) name: String,
    pub(super) lines: Lines,
    /// Lines that did not run, rising.
    pub(super) missed: Vec<usize>,
    /// Lines that did.
    ran: Vec<usize>,
    source: String,
}

impl File {
    /// `3, 7-9`.
    pub(super) fn ranges(&self) -> String {
        let mut ranges: Vec<(usize, usize)> = Vec::new();
        for &line in &self.missed {
            match ranges.last_mut() {
                Some((_, end)) if *end + 1 == line => *end = line,
                _ => ranges.push((line, line)),
            }
        }
        let word = |&(start, end): &(usize, usize)| match start == end {
            true => start.to_string(),
            false => format!("{start}-{end}"),
        };
        ranges.iter().map(word).collect::<Vec<_>>().join(", ")
    }

    /// Takes out the functions of a name that did not run, and says how many lines that were. `None`: they
    /// ran, or there is none.
    pub(super) fn without(&mut self, function: &str) -> Option<usize> {
        let lines: Vec<&str> = self.source.lines().collect();
        let begins = |line: &str| {
            let rest = line.split_once(&format!("fn {function}")).map(|(_, rest)| rest);
            rest.is_some_and(|rest| rest.starts_with(['(', '<']))
        };
        let starts = (0..lines.len()).filter(|at| begins(lines[*at]));
        let mut idle = Vec::new();
        for start in starts {
            let indent = lines[start].len() - lines[start].trim_start().len();
            let end = format!("{}}}", " ".repeat(indent));
            let end = start + lines[start..].iter().position(|line| *line == end)?;
            let inside = start + 1..=end + 1;
            if !self.ran.iter().any(|line| inside.contains(line)) {
                idle.push(inside);
            }
        }
        if idle.is_empty() {
            return None;
        }
        Some(self.forget(|line| idle.iter().any(|inside| inside.contains(&line))))
    }

    /// Takes out every stretch of lines that did not run and makes an error of a text.
    pub(super) fn without_refusals(&mut self) -> usize {
        const WORDS: [&str; 8] = [
            "Err(",
            ".wrong(",
            ".missing(",
            ".twice(",
            ".unknown(",
            "unknown(",
            "TextError",
            ".expecting(",
        ];
        let lines: Vec<&str> = self.source.lines().collect();
        let says = |line: usize| {
            let line = lines.get(line - 1).copied().unwrap_or_default();
            WORDS.iter().any(|word| line.contains(word))
        };
        let mut refusing = Vec::new();
        for stretch in self.missed.chunk_by(|one, next| one + 1 == *next) {
            if stretch.iter().any(|line| says(*line)) {
                refusing.extend_from_slice(stretch);
            }
        }
        self.forget(|line| refusing.contains(&line))
    }

    /// Takes lines that did not run out of the count.
    fn forget(&mut self, which: impl Fn(usize) -> bool) -> usize {
        let before = self.missed.len();
        self.missed.retain(|line| !which(*line));
        let forgotten = before - self.missed.len();
        self.lines.all -= forgotten;
        forgotten
    }

    /// Lines that did not run and answer an errno.
    pub(super) fn refusals_missed(&self) -> Vec<String> {
        let lines: Vec<&str> = self.source.lines().collect();
        let missed = self.missed.iter().filter_map(|&at| Some((at, *lines.get(at - 1)?)));
        let refusing = missed.filter(|(_, line)| line.contains("Err(") && line.contains("Errno::"));
        refusing.map(|(at, line)| format!("{}:{at}: {}", self.name, line.trim())).collect()
    }
}

/// The files of this folder. A line that is in several functions (generic ones) ran if it did in
/// one.
pub(super) fn read(report: &str, folder: &Path) -> Vec<File> {
    let mut files: BTreeMap<String, BTreeMap<usize, u64>> = BTreeMap::new();
    let mut current: Option<&mut BTreeMap<usize, u64>> = None;
    for line in report.lines() {
        if let Some(path) = line.strip_prefix("SF:") {
            let name = Path::new(path).strip_prefix(folder).ok();
            current = name.map(|name| files.entry(name.display().to_string()).or_default());
        } else if let Some((at, count)) =
            line.strip_prefix("DA:").and_then(|rest| rest.split_once(','))
            && let Some(lines) = &mut current
            && let (Ok(at), Ok(count)) = (at.parse(), count.parse::<u64>())
        {
            let before = lines.entry(at).or_insert(0);
            *before = before.saturating_add(count);
        }
    }
    let file = |(name, lines): (String, BTreeMap<usize, u64>)| {
        let (missed, ran): (Vec<_>, Vec<_>) = lines.iter().partition(|(_, count)| **count == 0);
        let numbers = |lines: Vec<(&usize, &u64)>| lines.into_iter().map(|(at, _)| *at).collect();
        let (missed, ran): (Vec<usize>, Vec<usize>) = (numbers(missed), numbers(ran));
        let counts = Lines { all: lines.len(), run: ran.len() };
        let source = std::fs::read_to_string(folder.join(&name)).unwrap_or_default();
        File { name, lines: counts, missed, ran, source }
    };
    files.into_iter().map(file).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn report_is_read_by_file_and_line() {
        let report = "SF:/r/core/src/a.rs\nFN:1,f\nDA:1,2\nDA:2,0\nDA:3,0\nDA:5,0\nend_of_record\n\
                      SF:/r/other.rs\nDA:9,0\nend_of_record\nSF:/r/core/src/a.rs\nDA:5,1\n";
        let files = read(report, Path::new("/r/core/src"));
        assert_eq!((files.len(), files[0].name.as_str()), (1, "a.rs"));
        assert_eq!(files[0].lines, Lines { all: 4, run: 2 });
        assert_eq!(files[0].ranges(), "2-3");
    }

    fn file(source: &str, ran: &[usize], missed: &[usize]) -> File {
        let lines = Lines { all: ran.len() + missed.len(), run: ran.len() };
        let (ran, missed) = (ran.to_vec(), missed.to_vec());
        File { name: "a.rs".into(), lines, missed, ran, source: source.into() }
    }

    #[test]
    fn function_that_did_not_run_is_taken_out_and_one_that_did_is_not() {
        let source = "  fn f(&self) {\n    1\n  }\n  fn fg() {\n    2\n  }\n";
        let mut one = file(source, &[4, 5], &[1, 2, 3, 6]);
        assert_eq!((one.without("f"), one.without("fg"), one.without("g")), (Some(3), None, None));
        assert_eq!((one.lines, one.missed), (Lines { all: 3, run: 2 }, vec![6]));
    }

    #[test]
    fn stretch_that_makes_an_error_is_taken_out_whole() {
        let source = "a\nlet m = 1;\nreturn Err(m);\nb\nc\n";
        let mut one = file(source, &[1, 4], &[2, 3, 5]);
        assert_eq!((one.without_refusals(), one.missed), (2, vec![5]));
    }

    #[test]
    fn share_is_not_rounded_up() {
        assert!(Lines { all: 10_000, run: 9499 }.text().trim_start().starts_with("94.9 %"));
        assert_eq!(Lines::default().share(), 100.0);
    }
}
