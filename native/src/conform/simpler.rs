//! Simpler steps in place of a step: fewer vectors, fewer repetitions, fewer fields that are out of
//! the ordinary, smaller numbers. Each is strictly simpler, so that making simpler comes to an end.

use vfio_irq_core::device::Stimulus;
use vfio_irq_core::scenario::ast::{
    Action, Data, FdRef, FdRefs, Item, Names, SetIrqs, StepLine, WriteData,
};

/// Simpler ones, the simplest first.
pub(super) fn simpler(step: &StepLine) -> Vec<StepLine> {
    let mut all = Vec::new();
    if step.times > 1 {
        all.push(StepLine { times: 1, ..step.clone() });
    }
    let actions = match &step.action.what {
        Action::SetIrqs(request) => requests(request).into_iter().map(Action::SetIrqs).collect(),
        Action::IrqInfo { index, argsz: Some(_) } => {
            vec![Action::IrqInfo { index: *index, argsz: None }]
        }
        Action::RegionRead { region, offset, width } => reads(*offset, *width)
            .map(|(offset, width)| Action::RegionRead { region: *region, offset, width })
            .collect(),
        Action::RegionWrite { region, offset, data: WriteData::Value { width, value } } => {
            writes(*offset, *width, *value)
                .into_iter()
                .map(|(offset, width, value)| {
                    let data = WriteData::Value { width, value };
                    Action::RegionWrite { region: *region, offset, data }
                })
                .collect()
        }
        Action::Stimulate(Stimulus::Fire(vector)) if *vector > 0 => {
            vec![Action::Stimulate(Stimulus::Fire(0))]
        }
        Action::Eventfd(names) if names.len() > 1 => {
            without_each(names).into_iter().map(Action::Eventfd).collect()
        }
        Action::WriteFd(FdRef::Name(name), value) if *value > 1 => {
            vec![Action::WriteFd(FdRef::Name(name.clone()), 1)]
        }
        _ => Vec::new(),
    };
    all.extend(
        actions.into_iter().map(|action| StepLine { action: action.into(), ..step.clone() }),
    );
    all
}

/// The first half, the second half, and without each.
fn without_each<T: Clone>(items: &[T]) -> Vec<Vec<T>> {
    let mut all = Vec::new();
    if items.len() > 3 {
        let (first, second) = items.split_at(items.len() / 2);
        all.extend([first.to_vec(), second.to_vec()]);
    }
    for at in (0..items.len()).rev() {
        let mut rest = items.to_vec();
        rest.remove(at);
        all.push(rest);
    }
    all
}

fn requests(request: &SetIrqs) -> Vec<SetIrqs> {
    let mut all = Vec::new();
    let mut add = |simpler: SetIrqs| all.push(simpler);
    if request.bytes.is_some() {
        add(SetIrqs { bytes: None, ..request.clone() });
    }
    if request.argsz.is_some() {
        add(SetIrqs { argsz: None, ..request.clone() });
    }
    if request.flags.is_some() {
        add(SetIrqs { flags: None, ..request.clone() });
    }
    match &request.data {
        Data::Eventfd(Some(items)) => {
            for items in lists(items) {
                add(SetIrqs { data: Data::Eventfd(Some(items)), ..request.clone() });
            }
            for (at, item) in items.iter().enumerate() {
                let Some(what) = simpler_fd(&item.what, items.first()) else { continue };
                let mut items = items.clone();
                items[at] = Item { what, times: 1 };
                add(SetIrqs { data: Data::Eventfd(Some(items)), ..request.clone() });
            }
        }
        Data::Bool(Some(items)) => {
            for items in lists(items) {
                add(SetIrqs { data: Data::Bool(Some(items)), ..request.clone() });
            }
            if items.iter().any(|item| item.what > 1) {
                let ones = items.iter().map(|item| Item { what: item.what.min(1), times: 1 });
                add(SetIrqs { data: Data::Bool(Some(ones.collect())), ..request.clone() });
            }
        }
        _ => {}
    }
    let listed = !matches!(request.data, Data::None | Data::Bool(None) | Data::Eventfd(None));
    if listed && request.count.is_some() {
        add(SetIrqs { count: None, ..request.clone() });
    }
    if let Some(count) = request.count {
        for count in [0, 1, count / 2].into_iter().filter(|less| *less < count) {
            add(SetIrqs { count: Some(count), ..request.clone() });
        }
    }
    for start in [0, request.start / 2].into_iter().filter(|less| *less < request.start) {
        add(SetIrqs { start, ..request.clone() });
    }
    all
}

/// Shorter lists, not below one item.
fn lists<T: Clone>(items: &[Item<T>]) -> Vec<Vec<Item<T>>> {
    if items.len() > 1 { without_each(items) } else { Vec::new() }
}

/// A negative number becomes -1, a name the one of the list's first item.
fn simpler_fd(fd: &FdRefs, first: Option<&Item<FdRefs>>) -> Option<FdRefs> {
    match (fd, first.map(|item| &item.what)) {
        (FdRefs::Number(number), _) if *number < -1 => Some(FdRefs::Number(-1)),
        (FdRefs::Names(Names::One(name)), Some(FdRefs::Names(Names::One(other))))
            if name > other =>
        {
            Some(FdRefs::Names(Names::One(other.clone())))
        }
        _ => None,
    }
}

/// One byte less at either end.
fn reads(offset: u64, width: u32) -> impl Iterator<Item = (u64, u32)> {
    [
        (offset, 1),
        (offset, width / 2),
        (offset + 1, width.saturating_sub(1)),
        (offset, width.saturating_sub(1)),
    ]
    .into_iter()
    .filter(move |(_, less)| (1..width).contains(less))
}

fn writes(offset: u64, width: u32, value: u64) -> Vec<(u64, u32, u64)> {
    let mut all = Vec::new();
    let mask = |width: u32| if width >= 8 { u64::MAX } else { (1 << (8 * width)) - 1 };
    for less in [1, width / 2].into_iter().filter(|less| (1..width).contains(less)) {
        all.push((offset, less, value & mask(less)));
    }
    if width > 1 {
        all.push((offset + 1, width - 1, value >> 8));
    }
    let half = 4 * width.min(8);
    let mut values = vec![0, value & mask(width.min(8) / 2), value >> half << half];
    if value.count_ones() <= 8 {
        values.extend((0..64).map(|bit| value & !(1 << bit)));
    }
    all.extend(values.into_iter().filter(|less| *less < value).map(|less| (offset, width, less)));
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use vfio_irq_core::scenario::Scenario;
    use vfio_irq_core::scenario::ast::Statement;

    fn step(text: &str) -> StepLine {
        let scenario = Scenario::parse(text).expect("a scenario");
        let mut steps = scenario.lines().iter().filter_map(|line| match &line.statement {
            Some(Statement::Step(step)) => Some(step.clone()),
            _ => None,
        });
        steps.next_back().expect("a step")
    }

    fn texts(text: &str) -> Vec<String> {
        simpler(&step(text)).iter().map(StepLine::step_text).collect()
    }

    #[test]
    fn list_loses_each_of_its_items_and_odd_values() {
        let simpler = texts("set_irqs msix trigger eventfd 2 [a, b, -5]");
        for one in [
            "set_irqs msix trigger eventfd 2 [a, b]",
            "set_irqs msix trigger eventfd 2 [b, -5]",
            "set_irqs msix trigger eventfd 2 [a, a, -5]",
            "set_irqs msix trigger eventfd 2 [a, b, -1]",
            "set_irqs msix trigger eventfd 0 [a, b, -5]",
        ] {
            assert!(simpler.iter().any(|text| text == one), "{one} is not in {simpler:#?}");
        }
    }

    #[test]
    fn simplest_steps_have_nothing_simpler() {
        for text in [
            "open",
            "fire 0",
            "set_irqs msi trigger none 0+0",
            "set_irqs msi trigger eventfd 0 [a]",
            "irq_info msi",
            "config read 0x04 1",
            "config write 0x04 1 0x00",
        ] {
            assert_eq!(texts(text), [""; 0], "{text}");
        }
    }

    /// Else shrinking would not end.
    #[test]
    fn simplifying_always_ends() {
        let mut todo = vec![
            step("set_irqs 77 trigger none 5+9 argsz=99 flags=0xff data=00112233"),
            step("set_irqs msi mask eventfd 3+7 [a, b, c, -9, closed] argsz=4"),
            step("set_irqs msi trigger bool 1 [0, 9, 255] x3"),
            step("config write 0x04 8 0x123456789abcdef0"),
            step("config read 0x05 7"),
            step("eventfd a b c d e f"),
        ];
        let mut seen = 0;
        let mut known = std::collections::BTreeSet::new();
        while let Some(next) = todo.pop() {
            if known.insert(next.step_text()) {
                seen += 1;
                todo.extend(simpler(&next));
            }
            assert!(seen < 100_000, "no end of simpler steps");
        }
    }
}
