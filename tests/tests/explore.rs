//! The scenarios that are explored: each says at its head what is to come out on each host, and what
//! is found is what stands below `found/`, where the kernels are asked it.

use std::collections::BTreeMap;
use std::fs;

use vfio_irq_book::{cases, explored};
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
