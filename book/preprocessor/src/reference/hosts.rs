//! The hosts built in, and where they differ.

use super::errno::{self, Asked};
use super::{Links, by_host, head, of_class, row};
use crate::marks::short;
use anyhow::Result;
use vfio_irq_core::host::{DIFFERENCES, PROFILES};

/// The hosts.
pub(super) fn hosts() -> String {
    let mut text = head(&["host", "stands for"]);
    for host in PROFILES {
        text += &row([format!("`{}`", host.name), host.summary.to_string()]);
    }
    of_class("hosts", &text)
}

/// The switches in which they differ.
pub(super) fn differences(links: Links<'_>) -> Result<String> {
    let mut text = head(&["question", "answers", "since", "rule"]);
    for difference in DIFFERENCES {
        let (on, off) = difference.answers;
        let said = PROFILES.iter().map(|host| if (difference.of)(&host.rules) { on } else { off });
        let said: Vec<String> = said.map(str::to_owned).collect();
        let question = format!("{}<br>`{}`", difference.question, difference.id);
        let rule = links.to(difference.clause)?;
        text += &row([&question, &by_host(&said), difference.since, &rule]);
    }
    Ok(of_class("differences", &text))
}

/// The requests of [`errno`] that Linux's kernels do not answer alike.
pub(super) fn answers(links: Links<'_>) -> Result<String> {
    let kernels: Vec<usize> =
        (0..PROFILES.len()).filter(|host| PROFILES[*host].name.starts_with("linux-")).collect();
    let names: Vec<&str> = kernels.iter().map(|host| short(&PROFILES[*host].name)).collect();
    // Requests that differ, each with the states in which its cells are these.
    let mut rows: Vec<(Asked, Vec<&str>, Vec<String>)> = Vec::new();
    for asked in errno::all()? {
        let first = &asked.replies[kernels[0]];
        if kernels.iter().all(|host| asked.replies[*host] == *first) {
            continue;
        }
        let cells = kernels.iter().map(|host| errno::cell(&asked.replies[*host], links));
        let cells = cells.collect::<Result<Vec<_>>>()?;
        // A condition that changes nothing is no other request.
        let same = |(other, _, theirs): &&mut (Asked, Vec<&str>, Vec<String>)| {
            other.request == asked.request && *theirs == cells
        };
        match rows.iter_mut().find(same) {
            Some((_, states, _)) if states.contains(&asked.state) => {}
            Some((_, states, _)) => states.push(asked.state),
            None => rows.push((asked.clone(), vec![asked.state], cells)),
        }
    }
    let mut text = head(&[&["request: in which state"], names.as_slice()].concat());
    for (asked, states, cells) in rows {
        let request = match states.as_slice() {
            [""] => asked.name(),
            states => format!("{}: {}", asked.name(), states.join("; ")),
        };
        text += &row(std::iter::once(request).chain(cells));
    }
    Ok(of_class("kernels", &text))
}
