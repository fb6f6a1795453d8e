//! What a site was verified on, and when, and from which source it was built: on every page, small, and
//! on the page of what kernels confirmed.
//!
//! All of it is of the source: no clock, so one source gives one site.

use crate::verified::{Kernel, Verified};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// The foot of every page, as HTML.
pub fn foot(verified: &Verified, root: &str) -> String {
    let each = |of: fn(&Kernel) -> &str| -> Vec<&str> {
        let all: BTreeSet<&str> = verified.kernels.values().map(of).collect();
        all.into_iter().filter(|one| !one.is_empty()).collect()
    };
    let versions: Vec<&str> =
        verified.kernels.values().map(|kernel| first_word(&kernel.version)).collect();
    let qemu = each(|kernel| first_word(&kernel.qemu));
    let days = each(|kernel| &kernel.recorded);
    let recorded = match days.as_slice() {
        [] => String::new(),
        [day] => format!(", recorded {day}"),
        [first, .., last] => format!(", recorded {first} to {last}"),
    };
    format!(
        "<footer class=\"vfio-irq-foot\"><p><a href=\"{root}verified.html\">Verified</a> on Linux {} \
         under QEMU {}{recorded}.</p></footer>",
        versions.join(", "),
        qemu.join(", "),
    )
}

/// `7.2.22` of `7.2.22 (Debian 1:7.2+dfsg-7)`.
fn first_word(version: &str) -> &str {
    version.split(' ').next().unwrap_or_default()
}

/// From which source: a sentence. A source need not be git's.
pub fn source(repository: &Path) -> String {
    let git = |arguments: &[&str]| {
        let done = Command::new("git").current_dir(repository).args(arguments).output().ok()?;
        let said = String::from_utf8(done.stdout).ok()?;
        done.status.success().then(|| said.trim().to_owned())
    };
    // A source that lies in another's repository is not that repository's.
    let own = git(&["rev-parse", "--show-prefix"]).is_some_and(|prefix| prefix.is_empty());
    match git(&["rev-parse", "--short=12", "HEAD"]) {
        Some(commit) if own => {
            let changed = git(&["status", "--porcelain", "--untracked-files=no"]);
            let changed = changed.is_none_or(|changes| !changes.is_empty());
            let but = if changed { ", with changes that are not committed" } else { "" };
            format!("This site was built from commit `{commit}`{but}.")
        }
        _ => "This site was built from a source without its history.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verified(days: [&str; 2]) -> Verified {
        let mut verified = Verified::default();
        for (host, day) in ["linux-6.1", "linux-7.3"].into_iter().zip(days) {
            let version = format!("{}.4-1 (x)", host.trim_start_matches("linux-"));
            let (qemu, recorded) = ("7.2.22 (Debian)".into(), day.into());
            verified.kernels.insert(host.into(), Kernel { version, qemu, recorded });
        }
        verified
    }

    #[test]
    fn foot_says_versions_and_days() {
        let foot = |days| foot(&verified(days), "");
        let same = foot(["2026-11-30", "2026-11-30"]);
        assert!(same.contains("on Linux 6.1.4-1, 7.3.4-1 under QEMU 7.2.22, recorded 2026-11-30."));
        let two = foot(["2026-11-30", "2026-11-23"]);
        assert!(two.contains("recorded 2026-11-23 to 2026-11-30."), "{two}");
        assert!(foot(["", ""]).contains("under QEMU 7.2.22."));
    }

    #[test]
    fn source_without_git_has_no_commit() {
        let folder = std::env::temp_dir().join(format!("vfio-irq-source-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let said = source(&folder);
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(said, "This site was built from a source without its history.");
    }
}
