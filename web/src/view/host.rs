//! The host's state as rows of words, now and before the current event.

use vfio_irq_core::device::Fd;
use vfio_irq_core::host::{Host, IrqMode};
use vfio_irq_core::machine::Machine;
use vfio_irq_core::trace::Trace;

use super::mark::fd_name;

/// A value with its name, and what it was before.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    /// What it is.
    pub name: String,
    /// Its value now.
    pub now: String,
    /// Its value before the current event, if that was another one.
    pub was: Option<String>,
}

impl Row {
    fn new(name: impl Into<String>, now: String, before: String) -> Self {
        let was = (before != now).then_some(before);
        Self { name: name.into(), now, was }
    }
}

/// Everything but the vectors.
pub fn rows(trace: &Trace, now: &Host, before: &Host) -> Vec<Row> {
    let mut rows = vec![
        Row::new("Device", device(now), device(before)),
        Row::new("Enabled index", mode(now), mode(before)),
    ];
    if let IrqMode::Intx(_) = now.mode() {
        let intx = |host: &Host, of: fn(&vfio_irq_core::host::Intx) -> Option<Fd>| match host.mode()
        {
            IrqMode::Intx(intx) => fd(trace, of(&intx)),
            _ => "–".into(),
        };
        rows.push(Row::new("INTx trigger", intx(now, |i| i.trigger), intx(before, |i| i.trigger)));
        rows.push(Row::new("INTx unmask", intx(now, |i| i.unmask), intx(before, |i| i.unmask)));
        rows.push(Row::new("INTx", masked(now), masked(before)));
    }
    let disabled = |host: &Host| if host.intx_disabled() { "set" } else { "clear" }.to_owned();
    rows.push(Row::new("Interrupt Disable, user's view", disabled(now), disabled(before)));
    rows.push(Row::new("ERR trigger", fd(trace, now.err()), fd(trace, before.err())));
    rows.push(Row::new("REQ trigger", fd(trace, now.req()), fd(trace, before.req())));
    rows.push(Row::new("Vectors left in the host", supply(now), supply(before)));
    rows
}

/// The allocated vectors, each with what it was before; freed ones too, while they are news.
pub fn vectors(trace: &Trace, now: &Host, before: &Host) -> Vec<Row> {
    let words = |host: &Host| -> Vec<(u16, String)> {
        let vectors = host.vectors();
        vectors
            .map(|vector| {
                let mut words = match vector.eventfd {
                    Some(fd) => format!("handler → {}", fd_name(trace, fd)),
                    None => "no handler".into(),
                };
                if vector.pending {
                    words.push_str(", pending");
                }
                (vector.vector, words)
            })
            .collect()
    };
    let (now, before) = (words(now), words(before));
    let find = |list: &[(u16, String)], vector: u16| {
        let at = list.binary_search_by_key(&vector, |(number, _)| *number).ok()?;
        Some(list[at].1.clone())
    };
    let last = now.last().max(before.last()).map_or(0, |(number, _)| *number);
    let none = || "not allocated".to_owned();
    let row = |vector: u16| {
        let (now, before) = (find(&now, vector), find(&before, vector));
        (now.is_some() || before.is_some()).then(|| {
            Row::new(vector.to_string(), now.unwrap_or_else(none), before.unwrap_or_else(none))
        })
    };
    (0..=last).filter_map(row).collect()
}

/// The user's descriptors.
pub fn eventfds(trace: &Trace, now: &Machine, before: &Machine) -> Vec<Row> {
    let words = |machine: &Machine, fd: Fd, counter: Option<u64>, open: bool| {
        let mut words = counter.map_or("no eventfd".to_owned(), |counter| counter.to_string());
        if let Some(irqfd) = machine.guest.irqfd(fd) {
            let up = if machine.guest.is_up(irqfd.gsi) { "up" } else { "down" };
            words += &format!(", KVM: gsi {} {up}", irqfd.gsi);
        }
        if open { words } else { format!("{words} (closed)") }
    };
    let mut old = before.fds.iter();
    now.fds
        .iter()
        .map(|(fd, counter, open)| {
            let then = old
                .next()
                .map_or("–".to_owned(), |(fd, counter, open)| words(before, fd, counter, open));
            Row::new(fd_name(trace, fd), words(now, fd, counter, open), then)
        })
        .collect()
}

fn device(host: &Host) -> String {
    if host.is_open() { "open" } else { "closed" }.into()
}

fn mode(host: &Host) -> String {
    host.mode().index().map_or("none".into(), |index| index.to_string())
}

fn masked(host: &Host) -> String {
    match host.mode() {
        IrqMode::Intx(intx) if intx.masked => "masked".into(),
        IrqMode::Intx(_) => "unmasked".into(),
        _ => "–".into(),
    }
}

fn fd(trace: &Trace, fd: Option<Fd>) -> String {
    fd.map_or("none".into(), |fd| fd_name(trace, fd))
}

fn supply(host: &Host) -> String {
    host.supply().map_or("enough".into(), |left| left.to_string())
}
