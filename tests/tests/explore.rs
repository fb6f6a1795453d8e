//! The scenarios that are explored: each says at its head what is to come out on each host, and what
//! is found is what stands below `found/`, where the kernels are asked it.

use std::collections::BTreeMap;
use std::fs;

use vfio_irq_book::{cases, explored};
use vfio_irq_core::explore::{Answer, Bounds, Explorer, Invariant};
use vfio_irq_core::scenario::{Overrides, Scenario};
use vfio_irq_tests::{root, scenarios};

#[test]
fn exploring_finds_what_the_heads_and_the_files_say() {
    let folder = root().join(cases::SCENARIOS).join(explored::FOLDER);
    let below = folder.join("found");
    let read = |path| fs::read_to_string(path).expect("listed");
    let name = |path: &std::path::Path| path.file_name().expect("a file").display().to_string();
    let (mut expected, mut wrong) = (BTreeMap::new(), Vec::new());
    let texts = scenarios::files(&folder, "scenario");
    let texts: Vec<_> = texts.iter().filter(|path| !path.starts_with(&below)).collect();
    assert!(texts.len() > 20, "only {}", texts.len());
    for path in texts {
        let file = name(path);
        match explored::found(file.trim_end_matches(".scenario"), &read(path)) {
            Ok(found) => expected.extend(found),
            Err(error) => wrong.push(format!("{file}: {error:#}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let files = scenarios::files(&below, "scenario");
    let found: BTreeMap<String, String> =
        files.iter().map(|path| (name(path), read(path))).collect();
    if std::env::var_os("VFIO_IRQ_WRITE_FOUND").is_some() {
        found.keys().for_each(|file| fs::remove_file(below.join(file)).expect("listed"));
        for (file, text) in &expected {
            fs::write(below.join(file), text).expect("the repository can be written");
        }
        return;
    }
    let names = |of: &BTreeMap<String, String>| of.keys().cloned().collect::<Vec<_>>();
    let hint = "`VFIO_IRQ_WRITE_FOUND=1 cargo test -p vfio-irq-tests --test explore` writes them";
    assert_eq!(names(&found), names(&expected), "{hint}");
    for (file, text) in &expected {
        assert_eq!(&found[file], text, "found/{file}; {hint}");
    }
}

/// What a user can do beside disable and enable, or leave.
const STEPS: [&str; 17] = [
    "",
    "set_irqs msix trigger eventfd 0 [-1]",
    "set_irqs msix trigger eventfd 0 [a]",
    "set_irqs msix trigger none 0+1",
    "set_irqs msix mask none 0+1",
    "set_irqs msix unmask none 0+1",
    "set_irqs intx trigger eventfd 0 [i]",
    "set_irqs intx trigger none 0+0",
    "config write 0x04 2 0x0406",
    "config write 0x04 2 0x0006",
    "config write 0x04 2 0x0002",
    "config write 0xa2 2 0xc004",
    "config write 0xa2 2 0x8004",
    "bar3 write 0x0c 4 1",
    "bar3 write 0x0c 4 0",
    "reset",
    "set_irqs msi trigger eventfd 0 [m]",
];

/// WINDOW-ORDER: whichever of these stands before, between and after disable and enable.
#[test]
fn no_order_with_a_step_at_each_place_closes_the_window() {
    let mut closed = Vec::new();
    let mut orders = 0;
    for (before, between, after) in places() {
        orders += 1;
        for function in ["e1000e", "e1000e vf intx=no msi=no when-off=drop", "e1000e when-off=hold"]
        {
            let text = format!(
                "function {function}\nhost linux-6.1\nset_irqs msix trigger eventfd 0 [a]\n\
                 meanwhile fire 0\n{before}\nset_irqs msix trigger none 0+0\n{between}\n\
                 set_irqs msix trigger eventfd 0 [a, b]\n{after}\n"
            );
            let scenario = Scenario::parse(&text).unwrap_or_else(|error| panic!("{text}{error:?}"));
            let asked = [Invariant::Lost];
            let explorer =
                Explorer::new(&scenario, &Overrides::default(), &asked, Bounds::default());
            let verdict = explorer.expect("it can be explored").finish();
            if !matches!(verdict.answer, Answer::Fails(_)) {
                closed.push(text);
            }
        }
    }
    assert!(closed.is_empty(), "{} lose nothing:\n{}", closed.len(), closed.join("\n"));
    let page = fs::read_to_string(root().join("book/src/explore.md")).expect("it is there");
    let said = format!("{} orders", vfio_irq_core::render::count(orders as u32));
    assert!(page.contains(&said), "the page does not say {said}");
}

fn places() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    let all = || STEPS.iter().copied();
    all().flat_map(move |a| all().flat_map(move |b| all().map(move |c| (a, b, c))))
}
